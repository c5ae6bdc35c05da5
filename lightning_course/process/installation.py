"""Broken installations and launcher variables, each explained in one line."""

from collections.abc import Mapping
from importlib import metadata

PROJECT = "lightning-course"

_RANKS = ("RANK", "LOCAL_RANK", "SLURM_PROCID", "SLURM_LOCALID")


def diagnose(error: Exception) -> str | None:
    """Return what to install if an error comes from a broken installation, else None.

    Args:
        error: The exception of an import, or of a package's first use.
    """
    if "torchvision::nms" in str(error):
        # torch is a CPU build and torchvision a CUDA build, or the other way round.
        return (
            "torch and torchvision are builds that do not fit together; install both from the "
            "same place: pip install --force-reinstall torch torchvision"
        )
    try:
        wrong = unmet_requirements(metadata.requires(PROJECT) or [])
    except metadata.PackageNotFoundError:
        wrong = []  # a checkout on the path that is not installed
    if wrong:
        return f"the installation lacks {', '.join(wrong)}: pip install --upgrade {PROJECT}"
    if isinstance(error, ModuleNotFoundError) and error.name:
        package = error.name.split(".")[0]
        return f"the package {package} cannot be imported: pip install --force-reinstall {package}"
    return None


def launcher_problem(variables: Mapping[str, str]) -> str | None:
    """Return the problem with the variables in which torchrun or SLURM number processes, or None.

    Lightning trusts them: with ``RANK=1`` left over from another program, a run would neither print
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
                "processes, but no launcher has set their number and address: unset it"
            )
    return None


def unmet_requirements(requirements: list[str]) -> list[str]:
    """Return the requirements that are not installed, or whose version is outside their bounds.

    Args:
        requirements: As in a package's metadata, such as "torch>=2.6"; requirements of extras
            ("pytest; extra == 'test'") are skipped.
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
