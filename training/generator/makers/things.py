"""Types outside the default labels. They steer, and without their label they are negatives."""

from __future__ import annotations

from training.generator.pools import (
    Pool,
    actions,
    adjectives,
    adverbs,
    library,
    manual,
    nouns,
    things,
    words,
)
from training.generator.text import Node, Part, phrases
from training.generator.world import Person, World, fill, maker

_MEDICATIONS = Pool(
    """metformin lisinopril atorvastatin amlodipine metoprolol omeprazole losartan gabapentin
        sertraline levothyroxine albuterol furosemide prednisone amoxicillin azithromycin
        ibuprofen acetaminophen paracetamol aspirin warfarin apixaban clopidogrel insulin
        glargine tramadol oxycodone morphine citalopram fluoxetine escitalopram bupropion
        trazodone montelukast pantoprazole simvastatin rosuvastatin hydrochlorothiazide
        carvedilol spironolactone doxycycline ciprofloxacin cephalexin naproxen cetirizine
        loratadine sumatriptan ondansetron lorazepam alprazolam zolpidem quetiapine lamotrigine
        levetiracetam methotrexate adalimumab semaglutide empagliflozin tamsulosin finasteride
        allopurinol""".split()
)
_CONDITIONS = Pool(
    phrases(
        """hypertension; type 2 diabetes; asthma; migraine; chronic kidney disease; atrial
            fibrillation; pneumonia; appendicitis; depression; anxiety; osteoarthritis; COPD;
            hypothyroidism; hyperlipidemia; gastroesophageal reflux; urinary tract infection;
            bronchitis; coronary artery disease; congestive heart failure; anemia; gout;
            psoriasis; eczema; rheumatoid arthritis; epilepsy; multiple sclerosis; sleep apnea;
            hepatitis C; pancreatitis; diverticulitis; cellulitis; deep vein thrombosis; low
            back pain; tendinitis; sciatica; glaucoma; cataract; otitis media; sinusitis;
            gastroenteritis; endometriosis; fibromyalgia; vertigo; iron deficiency; plantar
            fasciitis; carpal tunnel syndrome; shingles"""
    )
)
_PRODUCTS = Pool(
    phrases(
        """wireless headphones; AeroPress 2; UltraBook 14; Galaxy Tab; coffee maker; standing
            desk; RX-450 printer; ThinkLine X1; noise-cancelling earbuds; smart thermostat;
            robot vacuum; Model S7 drill; mountain bike; yoga mat; air fryer; electric kettle;
            trail shoes; desk lamp; PowerBank 20K; gaming chair; mechanical keyboard; 4K
            monitor; office suite; SunGuard 50; VitaMix Pro; NightOwl camera; HomeHub 3;
            LiteRouter AX; CloudDrive Plus; ProCut mower; baby stroller; wool blanket; hiking
            backpack; espresso machine; soundbar; graphics card; tablet stand; garden hose;
            phone case; winter jacket; rain boots"""
    )
)


@maker("medication")
def medication(world: World, person: Person) -> Part:
    return Node("medication", (_MEDICATIONS.draw(world.rng, world.held_out),))


@maker("dose_plain")
def dose_plain(world: World, person: Person) -> Part:
    rng = world.rng
    return f"{rng.choice([5, 10, 20, 25, 40, 50, 75, 81, 100, 250, 500, 850])} {rng.choice(['mg', 'mg', 'mcg', 'units'])}"


@maker("condition", "medical_condition")
def condition(world: World, person: Person) -> Part:
    return Node("medical_condition", (_CONDITIONS.draw(world.rng, world.held_out),))


@maker("product")
def product(world: World, person: Person) -> Part:
    return Node("product", (_PRODUCTS.draw(world.rng, world.held_out),))


def _code(world: World, type_name: str, *patterns: str) -> Node:
    return Node(type_name, (fill(world.rng, world.rng.choice(patterns)),))


@maker("order_number")
def order_number(world: World, person: Person) -> Part:
    return _code(world, "order_number", "ORD-######", "#######", "PO-#####", "###-#######-#######", "A######",
                 "SO########", "ORD######", "W#########", "PO######", "##-#####")  # fmt: skip


@maker("invoice_number")
def invoice_number(world: World, person: Person) -> Part:
    return _code(world, "invoice_number", "INV-####", "INV-####-###", "INV######", "20##-####", "F-######",
                 "####/20##", "RE-######", "#####")  # fmt: skip


@maker("ticket_id")
def ticket_id(world: World, person: Person) -> Part:
    return _code(world, "ticket_id", "TCK-####", "INC#######", "REQ-#####", "CASE-######", "HD-####", "#######",
                 "SUP-####", "JIRA-####", "SR########")  # fmt: skip


@maker("tracking_number")
def tracking_number(world: World, person: Person) -> Part:
    return _code(world, "tracking_number", "1Z****************", "94####################", "JD################",
                 "RR#########GB", "############", "TRK-##########")  # fmt: skip


@maker("booking_reference", "pnr")
def booking_reference(world: World, person: Person) -> Part:
    return _code(
        world, "booking_reference", "^^#^^#", "^#^^^#", "^^^^^^", "BK-######", "RES######", "^^####"
    )


@maker("case_number")
def case_number(world: World, person: Person) -> Part:
    return _code(world, "case_number", "20##-CV-#####", "##-cr-####", "No. ##-####", "CV-20##-######",
                 "#:##-cv-#####", "CR##-####", "20##-####", "CO/####/20##", "PR-##-#####")  # fmt: skip


@maker("software_version", "version")
def software_version(world: World, person: Person) -> Part:
    rng = world.rng
    text = rng.choice([f"{rng.randint(0, 20)}.{rng.randint(0, 30)}.{rng.randint(0, 40)}", f"v{rng.randint(1, 9)}.{rng.randint(0, 20)}",
                       f"{rng.randint(1, 9)}.{rng.randint(0, 20)}", f"v{rng.randint(1, 9)}.{rng.randint(0, 9)}.{rng.randint(0, 9)}-rc{rng.randint(1, 4)}"])  # fmt: skip
    return Node("software_version", (text,))


@maker("file_path")
def file_path(world: World, person: Person) -> Part:
    rng = world.rng
    word, other = rng.choice(nouns()), rng.choice(nouns())
    text = rng.choice([f"/var/log/{word}.log", f"/etc/{word}/{other}.conf", f"{word}_{other}.pdf", f"C:\\{word}\\{other}.txt",
                       f"src/{word}/{other}.py", f"{word}.csv", f"/opt/{word}/bin/{other}", f"{word}-{other}.docx"])  # fmt: skip
    return Node("file_path", (text,))


@maker("school")
def school(world: World, person: Person) -> Part:
    rng = world.rng
    from training.generator.makers.places import _place_word

    kind = rng.choice(["High School", "Elementary School", "Middle School", "Primary School", "Grammar School",
                       "Academy", "Secondary School", "Comprehensive", "Montessori School"])  # fmt: skip
    return Node("school", (f"{_place_word(world)} {kind}",))


@maker("flight_plain")
def flight_plain(world: World, person: Person) -> Part:
    """A flight's number: no entity."""
    return fill(world.rng, world.rng.choice(["^^###", "^^ ###", "^^####", "^^ ##"]))


@maker("isbn_plain")
def isbn_plain(world: World, person: Person) -> Part:
    return fill(
        world.rng, world.rng.choice(["978-#-##-######-#", "978##########", "0-###-#####-X"])
    )


def _noun(world: World) -> str:
    """Of a few words that often occur, or of many that seldom do."""
    return world.rng.choice(things() if world.rng.random() < 0.5 else nouns())


@maker("noun")
def noun(world: World, person: Person) -> Part:
    return _noun(world)


@maker("Thing")
def thing(world: World, person: Person) -> Part:
    """A word in a title."""
    word = world.rng.choice(things() if world.chance(0.5) else words())
    return (_plural(word) if world.chance(0.15) else word).capitalize()


@maker("Things")
def things_in_title(world: World, person: Person) -> Part:
    """Several of them, in a title."""
    return _plural(world.rng.choice(things())).capitalize()


@maker("Coined")
def coined(world: World, person: Person) -> Part:
    """A made-up name of goods."""
    rng = world.rng
    first, second = rng.choice(things()), rng.choice(things())
    return (
        f"{first}{rng.choice(['', '', '-'])}{second}".capitalize()
        if rng.random() < 0.6
        else f"{first[:4]}{rng.choice(['o', 'ix', 'ara', 'ella', 'ium', 'ify', 'ora', 'ex'])}".capitalize()
    )


@maker("word")
def word(world: World, person: Person) -> Part:
    """Any word of the dictionary."""
    return world.rng.choice(words())


@maker("Action")
def action(world: World, person: Person) -> Part:
    """What an instruction begins with."""
    return world.rng.choice(actions()).capitalize()


@maker("nouns")
def noun_plural(world: World, person: Person) -> Part:
    return _plural(_noun(world))


def _plural(word: str) -> str:
    if word.endswith(("s", "x", "ch", "sh")):
        return word if word.endswith("s") else f"{word}es"
    return f"{word[:-1]}ies" if word.endswith("y") and word[-2] not in "aeou" else f"{word}s"


@maker("Noun")
def noun_capital(world: World, person: Person) -> Part:
    """A noun where a name could stand: headings, features."""
    return _noun(world).capitalize()


@maker("Nouns")
def nouns_capital(world: World, person: Person) -> Part:
    """A sentence's first word."""
    return _plural(_noun(world)).capitalize()


@maker("library_sentence")
def library_sentence(world: World, person: Person) -> Part:
    return library().draw(world.rng, world.held_out)


@maker("manual_sentence")
def manual_sentence(world: World, person: Person) -> Part:
    return manual().draw(world.rng, world.held_out)


@maker("adj")
def adjective(world: World, person: Person) -> Part:
    return world.rng.choice(adjectives())


@maker("adv")
def adverb(world: World, person: Person) -> Part:
    return world.rng.choice(adverbs())


_VERBS = """accept add adjust affect allow analyse answer appear apply argue arrange assess attract
    avoid balance believe borrow call carry change check claim clean close collect combine
    compare complete confirm connect consider consist contain continue control convert cook copy
    correct cost count cover create damage decide deliver demand depend describe design destroy
    develop discover discuss divide double drop earn edit encourage enjoy ensure enter escape
    estimate examine exist expand expect explain explore express extend face fail fill finish
    fit fix float fold follow force gain gather generate guess handle happen help ignore imagine
    improve include increase indicate influence inform inspect install introduce invite involve
    join judge jump kick land last laugh launch learn limit link list load lock maintain manage
    mark match measure mention merge mix monitor move need notice observe obtain offer open
    operate order organise own pack paint pass paste perform pick place plan plant play point
    pour practise prefer prepare present press prevent print process produce promise protect
    prove provide publish pull push question raise reach react receive recommend record recover
    reduce reflect refuse regret reject relate release rely remain remember remove repair repeat
    replace report represent request require rescue reserve resist respect respond restore
    result return reveal review roll rotate sail sample save scan score search seem select serve
    settle shape share shift show sign skip slow smile solve sort sound spill split stay stop
    store study succeed suffer suggest supply support surround survive suspect switch talk taste
    test thank tie touch trace track trade train transfer transform travel treat trust turn
    update upgrade use vary visit vote wait walk want warn wash watch wonder work worry wrap""".split()


def _past(verb: str) -> str:
    irregular = {"show": "showed", "cost": "cost", "fit": "fit", "split": "split"}
    if verb in irregular:
        return irregular[verb]
    if verb.endswith("e"):
        return f"{verb}d"
    if verb.endswith("y") and verb[-2] not in "aeou":
        return f"{verb[:-1]}ied"
    return (
        f"{verb}{verb[-1]}ed"
        if verb in ("drop", "stop", "plan", "skip", "wrap", "scan")
        else f"{verb}ed"
    )


@maker("verb")
def verb(world: World, person: Person) -> Part:
    return world.rng.choice(_VERBS)


@maker("verbs")
def verb_present(world: World, person: Person) -> Part:
    word = world.rng.choice(_VERBS)
    if word.endswith(("s", "x", "ch", "sh")):
        return f"{word}es"
    return f"{word[:-1]}ies" if word.endswith("y") and word[-2] not in "aeou" else f"{word}s"


@maker("verbed")
def verb_past(world: World, person: Person) -> Part:
    return _past(world.rng.choice(_VERBS))


@maker("verbing")
def verb_gerund(world: World, person: Person) -> Part:
    word = world.rng.choice(_VERBS)
    if word.endswith("e") and not word.endswith("ee"):
        word = word[:-1]
    elif word in ("drop", "stop", "plan", "skip", "wrap", "scan", "split", "fit"):
        word += word[-1]
    return f"{word}ing"


@maker("model_plain")
def model_plain(world: World, person: Person) -> Part:
    """A part or model number: no entity."""
    return fill(
        world.rng,
        world.rng.choice(["^^-###", "^####", "^^^##", "^#-##", "###^", "^^ ####", "^-##-###"]),
    )
