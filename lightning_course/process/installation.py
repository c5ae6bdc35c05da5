"""Telling a broken installation from a defect, in one line that says what to install."""

from collections.abc import Mapping
from importlib import metadata

PROJECT = "lightning-course"

_RANKS = ("RANK", "LOCAL_RANK", "SLURM_PROCID", "SLURM_LOCALID")


def diagnose(error: Exception) -> str | None:
    """Return what to install, if an error comes from the installation; else None.

    Args:
        error: What an import, or the first use of a package, raised.
    """
    if "torchvision::nms" in str(error):
        # A CPU build of torch beside the CUDA build of torchvision, or the other way round.
        return (
            "torch and torchvision are builds that do not fit together; install both from the "
            "same place: pip install --force-reinstall torch torchvision"
        )
    try:
        wrong = unmet_requirements(metadata.requires(PROJECT) or [])
    except metadata.PackageNotFoundError:
        wrong = []  # a checkout that is on the path and not installed
    if wrong:
        return f"the installation lacks {', '.join(wrong)}: pip install --upgrade {PROJECT}"
    if isinstance(error, ModuleNotFoundError) and error.name:
        package = error.name.split(".")[0]
        return f"the package {package} cannot be imported: pip install --force-reinstall {package}"
    return None


def launcher_problem(variables: Mapping[str, str]) -> str | None:
    """Return what is wrong with the variables by which torchrun or SLURM number processes.

    Lightning believes them: with ``RANK=1`` left over from elsewhere, a run would neither print
    nor write anything.

    Args:
        variables: The environment.
    """
    for name in (*_RANKS, "WORLD_SIZE", "LOCAL_WORLD_SIZE", "NODE_RANK", "SLURM_NTASKS"):
        if name in variables and not variables[name].isdecimal():
            return f"the environment variable {name} is '{variables[name]}', not a number: unset it"
    processes = int(variables.get("WORLD_SIZE", 1)) if "MASTER_ADDR" in variables else 1
    processes = max(processes, int(variables.get("SLURM_NTASKS", 1)))
    for name in _RANKS:
        if (rank := int(variables.get(name, 0))) >= processes:
            return (
                f"the environment variable {name} is {rank}, so this would be one of several "
                "processes, and no launcher has set their number and address: unset it"
            )
    return None


def unmet_requirements(requirements: list[str]) -> list[str]:
    """Return the requirements that are not installed, or in a version outside their bounds.

    Args:
        requirements: As in a package's metadata, such as "torch>=2.6"; those of extras
            ("pytest; extra == 'test'") do not count.
    """
    from packaging.requirements import Requirement

    wrong = []
    for text in requirements:
        requirement = Requirement(text)
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
            continue
        try:
            version = metadata.version(requirement.name)
        except metadata.PackageNotFoundError:
            wrong.append(f"{requirement.name} (not installed)")
            continue
        if not requirement.specifier.contains(version, prereleases=True):
            wrong.append(f"{requirement.name}{requirement.specifier} (installed: {version})")
    return wrong
