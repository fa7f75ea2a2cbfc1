"""Lists of names and words, from faker's locales and from here; some kept for test documents.

Every tenth entry of a list, by a hash of its text, is for test documents alone, so that a
figure on held-out families does not reward remembering names. Not so where a list is all there is,
as of countries, or what names are made of (``… & Partners``): to have seen them is what it takes.
Nor are the commonest names kept back: they are what everybody tries first.
"""

from __future__ import annotations

import ast
import importlib
import random
import re
import sysconfig
import zlib
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

__all__ = [
    "Pool",
    "actions",
    "adjectives",
    "adverbs",
    "first_names",
    "jobs",
    "last_names",
    "library",
    "listed",
    "manual",
    "nouns",
    "things",
    "words",
]

_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f\u1e00-\u1eff][A-Za-z\u00c0-\u024f\u1e00-\u1eff' .\-]*")
_RESERVED_SHARE = 10
_START, _END = "\x02", "\x03"
_PACKAGES = (
    "asyncio",
    "email",
    "http",
    "json",
    "logging",
    "unittest",
    "urllib",
    "importlib",
    "tkinter",
)
_MODULES = """argparse calendar cmd codecs collections configparser contextlib csv dataclasses datetime
    _pydecimal difflib doctest enum fileinput fractions ftplib functools gettext gzip heapq
    imaplib inspect ipaddress locale mailbox mimetypes netrc optparse os pathlib pdb pickle
    platform pprint pydoc queue random _pydatetime sched selectors shelve shlex shutil smtplib
    socket socketserver statistics string subprocess tarfile tempfile textwrap threading timeit
    trace traceback turtle typing uuid warnings wave weakref zipfile""".split()
_SENTENCE = re.compile(r"[A-Z][a-z]*(?:[,;:]? [a-z()'\"-]+){5,35}[.?!]")
_LIBRARIES = ("numpy", "matplotlib")
_NO_DOCUMENTATION = frozenset(("tests", "testing", "_vendor", "f2py", "distutils", "typing"))
_CODE_SENTENCE = re.compile(r"[A-Z][a-z]*(?:[,;:]? [a-z0-9()'\"`_.=*+<>/-]+){4,45}[.?!]")


#: Names of the United States that are never kept for test, by frequency.
_COMMONEST = frozenset(
    """James Robert John Michael David William Richard Joseph Thomas Christopher Charles Daniel
        Matthew Anthony Mark Donald Steven Andrew Paul Joshua Kenneth Kevin Brian Timothy Ronald
        George Jason Edward Jeffrey Ryan Jacob Nicholas Gary Eric Jonathan Stephen Larry Justin
        Scott Brandon Benjamin Samuel Gregory Alexander Patrick Frank Raymond Jack Dennis Jerry
        Mary Patricia Jennifer Linda Elizabeth Barbara Susan Jessica Karen Sarah Lisa Nancy Sandra
        Betty Ashley Emily Kimberly Margaret Donna Michelle Carol Amanda Melissa Deborah Stephanie
        Rebecca Sharon Laura Cynthia Dorothy Amy Kathleen Angela Shirley Emma Brenda Pamela Nicole
        Anna Samantha Katherine Christine Debra Rachel Carolyn Janet Maria Olivia Heather Helen
        Smith Johnson Williams Brown Jones Garcia Miller Davis Rodriguez Martinez Hernandez Lopez
        Gonzalez Wilson Anderson Taylor Moore Jackson Martin Lee Perez Thompson White Harris
        Sanchez Clark Ramirez Lewis Robinson Walker Young Allen King Wright Torres Nguyen Hill
        Flores Green Adams Nelson Baker Hall Rivera Campbell Mitchell Carter Roberts Gomez Phillips
        Evans Turner Diaz Parker Cruz Edwards Collins Reyes Stewart Morris Morales Murphy Cook
        Rogers Gutierrez Ortiz Morgan Cooper Peterson Bailey Reed Kelly Howard Ramos Kim Cox Ward
        Richardson Watson Brooks Chavez Wood Bennett Gray Mendoza Ruiz Hughes Price Alvarez
        Castillo Sanders Patel Myers Long Ross Foster Jimenez Doe""".split()
)


class Pool:
    """Values to draw from: ``seen`` in training, and ``held``, in test documents alone.

    Args:
        closed: The list is complete, so nothing of it is held.
    """

    __slots__ = ("_chain", "held", "seen")

    def __init__(self, values: Sequence[str], closed: bool = False) -> None:
        self._chain: dict[str, str] = {}
        unique = sorted(set(values))
        held = [
            v
            for v in unique
            if zlib.crc32(v.encode()) % _RESERVED_SHARE == 0 and v not in _COMMONEST
        ]
        self.held = [] if closed or len(held) == len(unique) else held
        self.seen = [v for v in unique if v not in self.held]

    def draw(self, rng: random.Random, held_out: bool = False) -> str:
        """One value; of the reserved ones half of the time where that is allowed."""
        if held_out and self.held and rng.random() < 0.5:
            return rng.choice(self.held)
        return rng.choice(self.seen)

    def invent(self, rng: random.Random) -> str:
        """A value that looks like those for training: letter by letter, by the three before."""
        if not self._chain:
            for value in self.seen:
                padded = f"{_START * 3}{value}{_END}"
                for at in range(3, len(padded)):
                    context = padded[at - 3 : at]
                    self._chain[context] = self._chain.get(context, "") + padded[at]
        while True:
            text = _START * 3
            while not text.endswith(_END):
                text += rng.choice(self._chain[text[-3:]])
            name = text.strip(_START + _END)
            if len(name) > 1 and name not in self.held:
                return name


def _attribute(provider: str, locale: str, names: Sequence[str]) -> list[str]:
    """Latin-script strings of class attributes of a faker provider."""
    module = importlib.import_module(f"faker.providers.{provider}.{locale}")
    found: list[str] = []
    for name in names:
        value = getattr(module.Provider, name, None)
        if value is None or isinstance(value, property) or callable(value):
            continue
        for item in value:
            text = item if isinstance(item, str) else str(item[-1])
            if _LATIN.fullmatch(text) and len(text) > 1:
                found.append(text.strip())
    return found


@cache
def first_names(locale: str, gender: str) -> Pool:
    """Given names of a faker locale; ``gender`` is ``male`` or ``female``."""
    names = _attribute(
        "person", locale, [f"first_names_{gender}", f"first_romanized_names_{gender}"]
    )
    return Pool(names or _attribute("person", locale, ["first_names", "first_romanized_names"]))


@cache
def last_names(locale: str) -> Pool:
    """Family names of a faker locale."""
    names = _attribute(
        "person",
        locale,
        ["last_names", "last_names_male", "last_names_female", "last_romanized_names"],
    )
    return Pool(names)


@cache
def listed(provider: str, locale: str, attribute: str, closed: bool = False) -> Pool:
    """Any other list of a faker provider."""
    return Pool(_attribute(provider, locale, [attribute]), closed)


@cache
def jobs() -> Pool:
    """Occupations as people write them: ``Engineer, civil`` becomes ``civil engineer``."""
    names = []
    for job in importlib.import_module("faker.providers.job.en_US").Provider.jobs:
        head, comma, rest = str(job).partition(", ")
        name = f"{rest} {head}" if comma and "/" not in job else head
        if re.fullmatch(r"[A-Za-z ]+", name) and len(name.split()) <= 4:
            # Acronyms stay as they are.
            names.append(" ".join(w if w.isupper() else w.lower() for w in name.split()))
    return Pool(names)


@cache
def _speech() -> dict[str, tuple[str, ...]]:
    return dict(importlib.import_module("faker.providers.lorem.en_US").Provider.parts_of_speech)


#: Words that are values of a label, or a cue of one, and so must not be strewn about.
_NOT_FILLER = frozenset(
    """male female man woman gay lesbian straight white black asian hispanic native american
        indian republican democrat democratic christian muslim age sex gender race religion
        spanish english french chinese german mexican european african catholic jewish may june
        march""".split()
)


@cache
def _words(part: str) -> list[str]:
    return sorted({w for w in _speech()[part] if w.isalpha() and w not in _NOT_FILLER})


def _docstrings(files: Iterable[Path], sentence: re.Pattern[str]) -> list[str]:
    """Sentences of the docstrings of modules."""
    found: list[str] = []
    for path in sorted(f for f in files if f.is_file()):
        try:
            tree = ast.parse(path.read_text(encoding="utf-8"))
        except (SyntaxError, UnicodeDecodeError):
            continue
        for node in ast.walk(tree):
            if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)):
                text = " ".join((ast.get_docstring(node) or "").split())
                found += [m for m in re.split(r"(?<=[.?!]) +", text) if sentence.fullmatch(m)]
    return found


@cache
def manual() -> Pool:
    """Sentences of the documentation of Python's standard library, as real English.

    Only those without figures, addresses and inner capitals, so that no name slips in. They
    depend on the Python version a little; everything else depends on the seed alone.
    """
    root = Path(sysconfig.get_paths()["stdlib"])
    files = [root / f"{name}.py" for name in _MODULES]
    files += [f for name in _PACKAGES for f in (root / name).glob("*.py")]
    return Pool(_docstrings(files, _SENTENCE))


@cache
def library() -> Pool:
    """Sentences of numpy's and matplotlib's documentation, with figures and code's words in them.

    No inner capitals here either. They depend on the versions of both.
    """
    roots = [Path(importlib.import_module(name).__file__ or "").parent for name in _LIBRARIES]
    files = [
        file
        for root in roots
        for file in root.rglob("*.py")
        if not _NO_DOCUMENTATION & set(file.relative_to(root).parts)
    ]
    return Pool(sorted(set(_docstrings(files, _CODE_SENTENCE))))


#: Endings of people's roles, illnesses and beliefs: values of a label, not filler.
_VALUE_ENDINGS = (
    *("er", "or", "ist", "ian", "man", "men", "woman", "eer", "ant", "ess", "smith", "wright"),
    *("itis", "osis", "emia", "ia", "pathy", "ism", "rhea"),
)
_VALUES = frozenset(
    """nurse chef cook clerk maid monk nun pilot priest king queen boss guard judge bishop cop
        coach captain general major sergeant secretary attorney agent model baker farmhand spouse
        lady gentleman boy girl female bisexual gay straight queer transgender liberal conservative
        moderate secular retired unemployed freelance bachelor diploma doctorate interpreter
        asthma cancer diabetes stroke flu measles mumps herpes tumour tumor fracture
        christianity buddhism islam hinduism atheist latino creed dollar euro pound cent""".split()
)


def _common(part: str) -> list[str]:
    """Common English words, one part of speech."""
    path = Path(importlib.import_module("wonderwords").__file__ or "").parent
    return (path / "assets" / f"{part}list.txt").read_text(encoding="utf-8").split()


@cache
def _dictionary() -> dict[str, str]:
    """A spelling dictionary's words in small letters, none of them a given name, and their flags.

    The flags tell the part of speech: ``M`` takes 's, ``D`` -ed and ``G`` -ing, ``Y`` -ly.
    Family names stay, but for the commonest: ``burns`` and ``rye`` are words first of all.
    """
    path = Path(importlib.import_module("spylls").__file__ or "").parent
    lines = (path / "hunspell/data/en/en_US.dic").read_text(encoding="utf-8").splitlines()
    given = _lower(_NAME_LOCALES, first=True) | {name.lower() for name in _COMMONEST}
    found = (line.partition("/") for line in lines[1:])
    return {
        word: flags
        for word, _, flags in found
        if re.fullmatch("[a-z]{3,14}", word) and word not in given
    }


def _lower(locales: Sequence[str], first: bool) -> set[str]:
    """Given or family names in small letters."""
    return {
        name.lower()
        for locale in locales
        for pool in (
            [first_names(locale, "male"), first_names(locale, "female")]
            if first
            else [last_names(locale)]
        )
        for name in (*pool.seen, *pool.held)
    }


_NAME_LOCALES = ("en_US", "en_GB", "de_DE", "fr_FR", "es_ES", "it_IT")


@cache
def _taken() -> frozenset[str]:
    """Words that are values of a label, parts of them, or cues."""
    roles = {word for pool in (jobs().seen, jobs().held) for job in pool for word in job.split()}
    return frozenset(roles | _NOT_FILLER | _VALUES)


def _plain(words: Sequence[str]) -> list[str]:
    return sorted(
        {
            word
            for word in words
            if re.fullmatch("[a-z]{3,14}", word)
            and word not in _taken()
            and not any(word.endswith(e) and len(word) > len(e) + 2 for e in _VALUE_ENDINGS)
        }
    )


@cache
def actions() -> list[str]:
    """Common verbs, as one tells somebody what to do."""
    return sorted({w for w in _common("verb") if re.fullmatch("[a-z]{3,12}", w)} - {"mark", "will"})


@cache
def things() -> list[str]:
    """Some five thousand common nouns that are neither names nor values of a label.

    A model that has seen a thousand ordinary words takes the others, in a title's capitals, for
    names of people.
    """
    names = _lower(_NAME_LOCALES, first=True) | _lower(_NAME_LOCALES, first=False)
    return _plain([word for word in _common("noun") if word not in names])


@cache
def words() -> list[str]:
    """Some fifteen thousand words of a dictionary, nouns, verbs and adjectives, rare ones too."""
    return _plain([word for word, flags in _dictionary().items() if set(flags) & set("MDGY")])


def nouns() -> list[str]:
    return _words("noun")


def adjectives() -> list[str]:
    return _words("adjective")


def adverbs() -> list[str]:
    return _words("adverb")
