"""The people and companies of one document, made once and then consistent."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import date
from functools import cache

from training.generator.countries import COUNTRIES, Country
from training.generator.pools import Pool, first_names, last_names
from training.generator.text import Part

__all__ = ["MAKERS", "Maker", "Person", "World", "fill", "maker"]

Maker = Callable[["World", "Person"], Part | Sequence[Part]]
#: Makers of values by slot name.
MAKERS: dict[str, Maker] = {}
#: Makers whose value a person keeps: the same in the whole document.
_KEPT: set[Maker] = set()

#: Romanised names that faker has only in other scripts.
_EXTRA_NAMES = {
    "asia": (
        """Wei Jing Mei Ling Hui Xin Yan Fang Min Na Li Hao Jun Ming Lei Bo Cheng Yong Tao Peng
            Xiaoming Yuki Haruto Sakura Kenji Aiko Hana Ren Daichi Min-jun Seo-yeon Ji-woo
            Hyun-woo Soo-jin Eun-ji Dong-hyun Ji-hye Thanh Linh Minh Anh Siti Putri Xiu Ying Yu
            Hong Chun Kai Zhi Shu Rui Ting Qing Jie Zhen Guang Meiling Jiahui Yusuke Naoko""".split(),
        """Wang Li Zhang Liu Chen Yang Huang Zhao Wu Zhou Xu Sun Ma Zhu Hu Guo He Lin Gao Luo
            Zheng Liang Xie Tang Feng Deng Cao Peng Zeng Xiao Tian Dong Pan Yuan Cai Jiang Yu
            Kim Lee Park Choi Jung Kang Cho Yoon Jang Lim Han Oh Seo Shin Kwon Hwang Ahn Song
            Ryu Hong Nguyen Tran Le Pham Huynh Phan Vu Dang Bui Do Tan Lim Ng Goh Teo Ong Chua
            Koh Tay Ho Tanaka Suzuki Sato Watanabe Ito Yamamoto Nakamura Kobayashi Kato Yoshida
            Mori Ogawa Fujimoto Takeda Wong Cheung Lau Leung Chan Kwok Ip Tsang Mak""".split(),
    ),
    "arabic": (
        """Ahmed Mohammed Omar Ali Hassan Hussein Khalid Youssef Ibrahim Abdullah Mustafa Karim
            Tariq Samir Nabil Rami Faisal Bilal Zayd Hamza Fatima Aisha Maryam Layla Noor Zainab
            Huda Salma Rania Yasmin Amina Samira Dalia Nadia Hanan Leila Sara Mariam Jamila
            Khadija Anwar Idris Jamal Malik Rashid Salim Walid Yasir Reza Dariush Parisa Shirin
            Navid Farid Ghada Iman Lina Maha Nour Rana Reem Sahar Tamer Ziad""".split(),
        """Al-Farsi Hassan Khalil Haddad Nasser Mansour Khoury Saleh Al-Rashid Abdallah Aziz
            Shaheen Qureshi Rahman Siddiqui Hosseini Ahmadi Karimi Rahimi El-Sayed Farouk Hamdan
            Zidan Sabry Bakr Amin Fadel Ghanem Hakimi Jaber Kassem Darwish Najjar Obeid Tahir
            Younes Al-Masri Bishara Daher Ebrahimi Fayed Habib Issa Jafari Kanaan Sharif""".split(),
    ),
}
#: Share of names that are on no list.
_INVENTED = 0.25
_NICKNAMES = {
    "Elizabeth": "Liz", "William": "Bill", "Robert": "Bob", "Michael": "Mike", "James": "Jim",
    "Jennifer": "Jenny", "Thomas": "Tom", "Katherine": "Kate", "Christopher": "Chris",
    "Daniel": "Dan", "Matthew": "Matt", "Anthony": "Tony", "Joseph": "Joe", "Samuel": "Sam",
    "Patricia": "Pat", "Margaret": "Maggie", "Richard": "Rick", "Edward": "Ed", "David": "Dave",
    "Alexander": "Alex", "Benjamin": "Ben", "Nicholas": "Nick", "Jonathan": "Jon", "Susan": "Sue",
    "Rebecca": "Becky", "Deborah": "Deb", "Steven": "Steve", "Andrew": "Andy", "Timothy": "Tim",
}  # fmt: skip


def maker(*names: str, kept: bool = False) -> Callable[[Maker], Maker]:
    """Register a maker of values under slot names."""

    def register(make: Maker) -> Maker:
        for name in names:
            if name in MAKERS:
                raise ValueError(f"maker {name!r} exists already")
            MAKERS[name] = make
        if kept:
            _KEPT.add(make)
        return make

    return register


@cache
def _first(locale: str, gender: str) -> Pool:
    extra = _EXTRA_NAMES.get(locale)
    return Pool(extra[0]) if extra else first_names(locale, gender)


@cache
def _last(locale: str) -> Pool:
    extra = _EXTRA_NAMES.get(locale)
    return Pool(extra[1]) if extra else last_names(locale)


_CODES = list(COUNTRIES)
_WEIGHTS = [COUNTRIES[code].weight for code in _CODES]


class Person:
    """Somebody in a document. Values of kept slots stay the same."""

    __slots__ = ("birth", "code", "country", "family", "given", "kept", "male", "middle", "nick")

    def __init__(self, world: World, code: str) -> None:
        rng = world.rng
        self.code = code
        self.country: Country = COUNTRIES[code]
        self.male = rng.random() < 0.5
        gender = "male" if self.male else "female"
        locale = rng.choice(self.country.people)
        # Any list gives some people of a country a name from elsewhere.
        other = rng.choice(self.country.people) if rng.random() < 0.1 else locale
        self.given = _name(world, _first(locale, gender))
        self.family = _family(world, other)
        self.middle = _name(world, _first(other, gender))
        self.nick = _NICKNAMES.get(self.given, self.given)
        year = 2026 - min(int(rng.gammavariate(7, 6.2)), 99)
        self.birth = date(year, rng.randint(1, 12), rng.randint(1, 28))
        self.kept: dict[str, Part | Sequence[Part]] = {}


def _name(world: World, pool: Pool) -> str:
    """A name of a list, or one like them: no list has all names."""
    if not world.held_out and world.rng.random() < _INVENTED:
        return pool.invent(world.rng)
    return pool.draw(world.rng, world.held_out)


def _family(world: World, locale: str) -> str:
    rng = world.rng
    name = _name(world, _last(locale))
    roll = rng.random()
    if locale.startswith("es_") and roll < 0.4:
        return f"{name} {_last(locale).draw(rng, world.held_out)}"
    if locale.startswith("nl_") and roll < 0.25 and " " not in name:
        return f"{rng.choice(['van', 'de', 'van der', 'van den', 'ter'])} {name}"
    if locale.startswith("de_") and roll < 0.04:
        return f"von {name}"
    if locale.startswith(("it_", "fr_")) and roll < 0.06:
        return f"{rng.choice(['De', 'Di', 'La', 'Le', 'Du'])} {name}"
    if locale.startswith("en_") and roll < 0.07:
        return f"{name}-{_last(locale).draw(rng, world.held_out)}"
    if locale == "en_US" and roll < 0.1:
        return rng.choice(["Mc", "O'", "Mac", "St. "]) + name
    return name


class World:
    """What one document is about: its randomness, its people, its country.

    Attributes:
        held_out: Whether templates and names kept for test documents are used.
        code: Country that most of the document belongs to.
        focus: The person that slots without a number mean.
    """

    def __init__(self, rng: random.Random, held_out: bool = False) -> None:
        self.rng = rng
        self.held_out = held_out
        self.code = rng.choices(_CODES, _WEIGHTS)[0]
        self.focus = "1"
        self._people: dict[str, Person] = {}
        self._fresh = 0

    def person(self, who: str = "") -> Person:
        """Somebody by number; ``*`` is somebody new each time, nothing is the one in focus."""
        who = who or self.focus
        if who == "*":
            self._fresh += 1
            who = f"*{self._fresh}"
        known = self._people.get(who)
        if known is None:
            elsewhere = self.rng.random() < 0.15
            code = self.rng.choices(_CODES, _WEIGHTS)[0] if elsewhere else self.code
            known = self._people[who] = Person(self, code)
        return known

    def value(self, name: str, who: str = "") -> Part | Sequence[Part]:
        """A value for a slot.

        Raises:
            KeyError: If nothing makes values of that name.
        """
        make = MAKERS[name]
        person = self.person(who)
        if make not in _KEPT:
            return make(self, person)
        # By maker, not by name: a slot may have two names.
        key = f"{make.__module__}.{make.__name__}"
        found = person.kept.get(key)
        if found is None:
            found = person.kept[key] = make(self, person)
        return found

    def chance(self, probability: float) -> bool:
        return self.rng.random() < probability


_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
_FILL = {
    "#": "0123456789",
    "%": "123456789",
    "^": _LETTERS,
    "~": "abcdefghijklmnopqrstuvwxyz",
    "*": _LETTERS + "0123456789",
    "&": "0123456789abcdef",
}


def fill(rng: random.Random, pattern: str) -> str:
    """A string of a pattern; see :mod:`training.generator.countries` for the signs."""
    return "".join(rng.choice(_FILL[c]) if c in _FILL else c for c in pattern).strip()
