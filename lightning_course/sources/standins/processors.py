"""Stand-in for the transistor counts of the `moores_law` task: a table of well-known processors.

It was written for this project from what is publicly known about the chips (announcements by their
makers, the press and encyclopaedias), not copied from the course's file. Counts are rounded as they
were announced; a year is that of the first sale. Sources differ by a few percent and sometimes by a
year, which does not matter on a scale of seven powers of ten.

Least squares on the logarithms gives a doubling time of 2.0 years.
"""

import pandas as pd

# Name, year, transistors.
PROCESSORS: tuple[tuple[str, int, int], ...] = (
    ("Intel 4004", 1971, 2_300),
    ("Intel 8008", 1972, 3_500),
    ("Intel 4040", 1974, 3_000),
    ("Motorola 6800", 1974, 4_100),
    ("Intel 8080", 1974, 6_000),
    ("Texas Instruments TMS1000", 1974, 8_000),
    ("MOS Technology 6502", 1975, 4_528),
    ("RCA 1802", 1976, 5_000),
    ("Intel 8085", 1976, 6_500),
    ("Texas Instruments TMS9900", 1976, 8_000),
    ("Zilog Z80", 1976, 8_500),
    ("Motorola 6809", 1978, 9_000),
    ("Intel 8086", 1978, 29_000),
    ("Zilog Z8000", 1979, 17_500),
    ("Intel 8088", 1979, 29_000),
    ("Motorola 68000", 1979, 68_000),
    ("Intel 8051", 1980, 50_000),
    ("WDC 65C02", 1981, 11_500),
    ("Intel 80186", 1982, 55_000),
    ("Intel 80286", 1982, 134_000),
    ("WDC 65C816", 1983, 22_000),
    ("NEC V20", 1984, 63_000),
    ("Motorola 68020", 1984, 190_000),
    ("ARM1", 1985, 25_000),
    ("Intel 80386", 1985, 275_000),
    ("ARM2", 1986, 27_000),
    ("Motorola 68030", 1987, 273_000),
    ("Intel i960", 1988, 250_000),
    ("ARM3", 1989, 310_000),
    ("Intel i860", 1989, 1_000_000),
    ("Intel 80486", 1989, 1_180_235),
    ("Motorola 68040", 1990, 1_200_000),
    ("ARM6", 1991, 35_000),
    ("MIPS R4000", 1991, 1_350_000),
    ("DEC Alpha 21064", 1992, 1_680_000),
    ("PowerPC 601", 1993, 2_800_000),
    ("Intel Pentium", 1993, 3_100_000),
    ("Motorola 68060", 1994, 2_500_000),
    ("PowerPC 604", 1994, 3_600_000),
    ("Intel Pentium Pro", 1995, 5_500_000),
    ("DEC StrongARM SA-110", 1996, 2_500_000),
    ("AMD K5", 1996, 4_300_000),
    ("MIPS R10000", 1996, 6_800_000),
    ("PowerPC 750", 1997, 6_350_000),
    ("Intel Pentium II", 1997, 7_500_000),
    ("AMD K6", 1997, 8_800_000),
    ("DEC Alpha 21264", 1998, 15_200_000),
    ("Intel Pentium III Katmai", 1999, 9_500_000),
    ("AMD K6-III", 1999, 21_300_000),
    ("AMD Athlon K7", 1999, 22_000_000),
    ("Intel Pentium 4 Willamette", 2000, 42_000_000),
    ("Intel Pentium III Tualatin", 2001, 45_000_000),
    ("IBM POWER4", 2001, 174_000_000),
    ("Intel Pentium 4 Northwood", 2002, 55_000_000),
    ("Intel Itanium 2 McKinley", 2002, 220_000_000),
    ("Intel Pentium M Banias", 2003, 77_000_000),
    ("AMD Opteron K8", 2003, 105_900_000),
    ("Intel Itanium 2 Madison", 2003, 410_000_000),
    ("Intel Pentium 4 Prescott", 2004, 125_000_000),
    ("IBM POWER5", 2004, 276_000_000),
    ("IBM, Microsoft Xenon", 2005, 165_000_000),
    ("Intel Pentium D Smithfield", 2005, 230_000_000),
    ("Sony, Toshiba, IBM Cell", 2006, 241_000_000),
    ("Intel Core 2 Duo Conroe", 2006, 291_000_000),
    ("Intel Itanium 2 Montecito", 2006, 1_720_000_000),
    ("AMD Opteron K10, 4 cores", 2007, 463_000_000),
    ("IBM POWER6", 2007, 790_000_000),
    ("Intel Atom Silverthorne", 2008, 47_000_000),
    ("Intel Core i7 Bloomfield", 2008, 731_000_000),
    ("AMD Phenom II Deneb", 2009, 758_000_000),
    ("AMD Opteron 2400, 6 cores", 2009, 904_000_000),
    ("Intel Core i7 Gulftown", 2010, 1_170_000_000),
    ("IBM POWER7", 2010, 1_200_000_000),
    ("Intel Itanium Tukwila", 2010, 2_050_000_000),
    ("Intel Xeon Nehalem-EX, 8 cores", 2010, 2_300_000_000),
    ("Intel Core i7 Sandy Bridge", 2011, 1_160_000_000),
    ("Intel Xeon Westmere-EX, 10 cores", 2011, 2_600_000_000),
    ("AMD FX Bulldozer, 8 cores", 2011, 1_200_000_000),
    ("Intel Core i7 Ivy Bridge", 2012, 1_400_000_000),
    ("IBM zEC12", 2012, 2_750_000_000),
    ("Intel Itanium Poulson", 2012, 3_100_000_000),
    ("Intel Xeon Phi, 62 cores", 2012, 5_000_000_000),
    ("Apple A7", 2013, 1_000_000_000),
    ("IBM POWER8, 12 cores", 2014, 4_200_000_000),
    ("Apple A8", 2014, 2_000_000_000),
    ("Intel Xeon Haswell-EP, 18 cores", 2014, 5_560_000_000),
    ("IBM z13", 2015, 3_990_000_000),
    ("Oracle SPARC M7", 2015, 10_000_000_000),
    ("Apple A10", 2016, 3_300_000_000),
    ("Intel Xeon Broadwell-EP, 22 cores", 2016, 7_200_000_000),
    ("Apple A11", 2017, 4_300_000_000),
    ("AMD Ryzen 7 Zen", 2017, 4_800_000_000),
    ("IBM POWER9", 2017, 8_000_000_000),
    ("AMD Epyc Naples, 32 cores", 2017, 19_200_000_000),
    ("Apple A12", 2018, 6_900_000_000),
    ("Apple A13", 2019, 8_500_000_000),
    ("AMD Epyc Rome, 64 cores", 2019, 39_540_000_000),
    ("Apple M1", 2020, 16_000_000_000),
    ("Apple M1 Max", 2021, 57_000_000_000),
    ("Apple M2", 2022, 20_000_000_000),
)


def processors() -> pd.DataFrame:
    """Return the table, sorted by year.

    Returns:
        100 rows with the columns ``year`` and ``transistors``, both float64 as in the course's
        file.
    """
    _, years, transistors = zip(*PROCESSORS, strict=True)
    return pd.DataFrame({"year": years, "transistors": transistors}, dtype="float64")
