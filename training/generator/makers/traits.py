"""What people are: traits, beliefs, work, studies."""

from __future__ import annotations

from collections.abc import Sequence

from training.generator.countries import COUNTRIES
from training.generator.pools import Pool, jobs
from training.generator.text import Node, Part
from training.generator.world import Person, World, maker


def _words(text: str, closed: bool = True) -> Pool:
    return Pool([" ".join(part.split()) for part in text.split(";")], closed)


_JOBS = _words(
    """nurse; registered nurse; teacher; software engineer; accountant; dental hygienist; carpenter;
    electrician; plumber; truck driver; bus driver; chef; line cook; waiter; waitress; bartender;
    cashier; sales associate; store manager; project manager; product manager; data analyst;
    data scientist; paralegal; attorney; lawyer; judge; police officer; firefighter; paramedic;
    pharmacist; physician; surgeon; dentist; veterinarian; physical therapist; social worker;
    librarian; journalist; photographer; graphic designer; architect; civil engineer;
    mechanical engineer; welder; machinist; farmer; fisherman; flight attendant; pilot; barista;
    hairdresser; real estate agent; insurance agent; bank teller; financial advisor; auditor;
    receptionist; office manager; administrative assistant; HR manager; recruiter; consultant;
    marketing manager; copywriter; translator; interpreter; security guard; janitor; mechanic;
    childcare worker; kindergarten teacher; professor; research assistant; postdoc; student;
    web developer; systems administrator; network engineer; DevOps engineer; QA tester;
    warehouse worker; forklift operator; delivery driver; courier; postal worker; mail carrier;
    construction worker; roofer; painter; landscaper; gardener; butcher; baker; tailor; midwife;
    radiologist; optician; surveyor; geologist; biologist; chemist; lab technician; musician;
    actor; dancer; florist; plasterer; bricklayer; team lead; CEO; CFO; CTO; vice president;
    managing director; branch manager; customer service representative; call center agent""",
    closed=False,
)
_TRAITS = {
    "sexuality": _words(
        """gay; lesbian; heterosexual; straight; bisexual; asexual; pansexual; queer; homosexual;
        demisexual; bi; bi-curious; aromantic"""
    ),
    "political_view": _words(
        """Democrat; Republican; Labour; Conservative; liberal; conservative; socialist; libertarian;
        progressive; centrist; Green Party; independent; left-wing; right-wing; social democrat;
        Tory; communist; anarchist; Liberal Democrat; Christian democrat; far-left; moderate;
        nationalist; monarchist; pro-choice; Democratic; apolitical; swing voter; populist;
        fiscally conservative; democratic socialist; Scottish National Party"""
    ),
    "race_ethnicity": _words(
        """African American; Hispanic; White; Black; Asian; Latino; Latina; Caucasian;
        Native American; Pacific Islander; South Asian; East Asian; Middle Eastern; Māori; Arab;
        Asian American; biracial; mixed race; Indigenous; Afro-Caribbean; Roma; Han Chinese;
        Punjabi; Kurdish; Inuit; Black British; White British; Alaska Native; Persian; Berber;
        Ashkenazi; Aboriginal Australian; Native Hawaiian; non-Hispanic White; Hispanic or Latino;
        Sinhalese; Tamil; Yoruba; Mestizo; multiracial"""
    ),
    "religious_belief": _words(
        """Catholic; Muslim; Hindu; Jewish; Buddhist; Christian; atheist; agnostic; Sikh; Lutheran;
        Methodist; Baptist; Presbyterian; Anglican; Mormon; Evangelical; Protestant; Jain; Baháʼí;
        Quaker; Jehovah's Witness; Eastern Orthodox; Roman Catholic; Sunni; Shia; Pentecostal;
        Seventh-day Adventist; Unitarian; Zoroastrian; Orthodox Jewish; Greek Orthodox; Taoist;
        Wiccan; Islam; Christianity; Judaism; Hinduism; Buddhism; Sikhism; Church of England"""
    ),
    "employment_status": _words(
        """employed; unemployed; full-time; part-time; self-employed; retired; student; freelance;
        employed full-time; employed part-time; on disability; temporary worker; laid off;
        on parental leave; contractor; seasonal worker; homemaker; furloughed; full time;
        part time; on sick leave; intern; between jobs; permanent; casual; zero-hours contract;
        unable to work; fixed-term; looking for work; not working; probationary"""
    ),
    "education_level": _words(
        """high school diploma; bachelor's degree; master's degree; doctorate; some college;
        associate degree; GED; postgraduate; vocational training; high school; undergraduate;
        graduate degree; primary school; A-levels; secondary education; college graduate;
        trade school; no formal education; PhD level; university degree; high school graduate;
        apprenticeship; less than high school; technical diploma; Abitur; GCSEs; middle school"""
    ),
    "degree": _words(
        """Bachelor of Science; Bachelor of Arts; Master of Science; Master of Arts; MBA; PhD; Ph.D.;
        B.Sc.; M.Sc.; BA; MA; BS; MS; JD; M.D.; LL.B.; LL.M.; B.A.; M.A.; BSc; MSc; MPhil; DPhil;
        Bachelor of Engineering; B.Tech; Master of Public Health; MPH; Doctor of Philosophy;
        Bachelor of Nursing; BSN; Master of Education; M.Ed.; Master of Business Administration;
        Bachelor of Commerce; BFA; MFA; Juris Doctor; Associate of Science; DDS; PharmD; Ed.D."""
    ),
    "field_of_study": _words(
        """computer science; mechanical engineering; economics; psychology; biology; nursing; history;
        English literature; mathematics; physics; chemistry; political science; sociology;
        business administration; marketing; finance; accounting; law; medicine; civil engineering;
        electrical engineering; philosophy; art history; linguistics; anthropology; geography;
        environmental science; data science; statistics; public health; social work; education;
        international relations; architecture; graphic design; journalism; film studies; music theory;
        biochemistry; neuroscience; molecular biology; veterinary science; hospitality management;
        Computer Science; Mechanical Engineering; Economics; Psychology; Applied Mathematics;
        Industrial Design; Theology; Classics; Theatre Studies; Agricultural Science"""
    ),
    "blood_type": _words(
        """O+; O-; A+; A-; B+; B-; AB+; AB-; O positive; O negative; A positive; A negative; B positive;
        B negative; AB positive; AB negative; O Rh positive; A Rh negative; O pos; A neg; B pos;
        AB pos; O Rh+; A Rh-; type O; Type A; type AB; O Rh(D) positive; B Rh-; 0+; A Rh+"""
    ),
}
_GENDER_WORDS = ("man", "male", "gentleman", "boy", "guy"), ("woman", "female", "lady", "girl")
_OTHER_GENDERS = (
    "non-binary", "nonbinary", "transgender", "trans woman", "trans man", "genderfluid", "agender",
    "transgender woman", "transgender man", "genderqueer", "intersex",
)  # fmt: skip
_LANGUAGES = _words(
    """English; Spanish; French; German; Italian; Portuguese; Mandarin; Cantonese; Japanese; Korean;
    Arabic; Hindi; Urdu; Bengali; Punjabi; Tamil; Telugu; Russian; Polish; Ukrainian; Dutch; Swedish;
    Norwegian; Danish; Finnish; Greek; Turkish; Hebrew; Farsi; Vietnamese; Thai; Tagalog; Swahili;
    Yoruba; Igbo; Zulu; Welsh; Irish; Catalan; Basque; Hungarian; Czech; Romanian; Bulgarian; Croatian;
    Serbian; American Sign Language; ASL; Haitian Creole; Somali; Amharic; Latin; Esperanto; Malay;
    Brazilian Portuguese; Mandarin Chinese; Navajo; Gujarati; Marathi; Nepali; Pashto"""
)


def _register(name: str, pool: Pool) -> None:
    @maker(name)
    def make(world: World, person: Person) -> Part | Sequence[Part]:
        return Node(name, (pool.draw(world.rng, world.held_out),))


for _name, _pool in _TRAITS.items():
    _register(_name, _pool)


@maker("occupation", kept=True)
def occupation(world: World, person: Person) -> Part:
    pool = _JOBS if world.chance(0.65) else jobs()
    return Node("occupation", (pool.draw(world.rng, world.held_out),))


@maker("occupation_title")
def occupation_title(world: World, person: Person) -> Part:
    """The occupation as under a signature."""
    made = occupation(world, person)
    assert isinstance(made, Node)
    text = str(made.parts[0])
    prefix = world.rng.choice(
        ["", "", "", "Senior ", "Lead ", "Head ", "Chief ", "Junior ", "Assistant "]
    )
    return Node(
        "occupation",
        (prefix + " ".join(w if w.isupper() else w.capitalize() for w in text.split()),),
    )


@maker("a_occupation")
def a_occupation(world: World, person: Person) -> list[Part]:
    """With its article: ``an electrician``."""
    made = world.value("occupation", "*")
    assert isinstance(made, Node)
    text = str(made.parts[0])
    return ["an " if text[0].lower() in "aeiou" else "a ", made]


@maker("gender")
def gender(world: World, person: Person) -> Part:
    """As in a form."""
    rng = world.rng
    if rng.random() < 0.12:
        return Node("gender", (rng.choice(_OTHER_GENDERS),))
    word = (
        ("male", "Male", "M", "man", "MALE")
        if person.male
        else ("female", "Female", "F", "woman", "FEMALE")
    )
    return Node("gender", (rng.choice(word[:2]) if rng.random() < 0.7 else rng.choice(word),))


@maker("gender_word")
def gender_word(world: World, person: Person) -> Part:
    """As in a sentence: ``woman``, ``male``."""
    if world.chance(0.08):
        return Node("gender", (world.rng.choice(_OTHER_GENDERS),))
    words = _GENDER_WORDS[0 if person.male else 1]
    return Node("gender", (world.rng.choice(words),))


@maker("language")
def language(world: World, person: Person) -> Part:
    if world.chance(0.3):
        return Node("language", (world.rng.choice(person.country.languages),))
    return Node("language", (_LANGUAGES.draw(world.rng, world.held_out),))


_DEMONYMS = Pool(
    [d for c in COUNTRIES.values() for d in c.demonym if " " not in d]
    + """Argentine Chilean Colombian Peruvian Cuban Jamaican Haitian Dominican Portuguese Belgian
        Austrian Danish Norwegian Finnish Icelandic Greek Hungarian Czech Slovak Romanian
        Bulgarian Serbian Croatian Slovenian Ukrainian Russian Lithuanian Latvian Estonian
        Israeli Iranian Iraqi Syrian Afghan Bangladeshi Nepali Thai Indonesian Malaysian
        Filipino Ethiopian Ugandan Tunisian Algerian Senegalese Venezuelan Ecuadorian Bolivian
        Honduran Guatemalan Salvadoran Maltese Mongolian Kazakh Georgian Armenian Somali
        Sudanese Zimbabwean Rwandan""".split(),
    closed=True,
)


@maker("nationality")
def nationality(world: World, person: Person) -> Part:
    if world.chance(0.5):
        text = world.rng.choice([d for d in person.country.demonym if "citizen" not in d])
    else:
        text = _DEMONYMS.draw(world.rng, world.held_out)
    return Node("nationality", (text,))
