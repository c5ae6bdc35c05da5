"""The sentences of the stand-in text messages.

`GRAMMAR` holds lists of options by name. A list is one text: options are separated by `|` or by
line breaks. In an option

    {town}    is replaced by an option of the list of that name, itself expanded;
    {hi?}     is the same, but left out half of the time;
    #         is replaced by a digit.

So "Meet {name} at {hour}" with the lists name = "Mia|Tom" and hour = "7pm|8pm" yields "Meet Mia at
7pm" and three more. People, places and firms are made up. Phone numbers come from ranges that the
British regulator reserves for fiction, and web addresses use the reserved domain `.example`.
"""

import re

# Some ham and spam have nearly the same words in a different order ("call me when you are free",
# "for free when you call me"): here a model that reads words in order has an advantage.
GRAMMAR = {
    # People, places, firms. Names are combined from halves, which gives many rare words.
    "name": """Anna|Ben|Carla|Dev|Ella|Femi|Greta|Hana|Isaac|Jo|Kemal|Lena|Mia|Nico|Olive|Priya
        Quinn|Rosa|Sam|Tom|Uma|Vera|Yasmin|Zoe|Aldo|Bea|Cleo|Dara|Edie|Finn|Gus|Hugo|Iris|Kit|Leo
        Maya|Ned|Otto|Pia|Ravi|Saskia|Tess|Viktor|Wanda|Asha|Bruno|Connie|Dov|Esme|Farah|Nell|Omar
        Petra|Rory|{half}ie|{half}a|{half}o""",
    "half": """Ab|Bess|Bett|Cal|Dorr|Ell|Fann|Ged|Hatt|Jess|Kirst|Lott|Mill|Nann|Odd|Poll|Ross|Sadd
        Tav|Vinn|Win|Zell""",
    "surname": "{front}{back}",
    "front": "Al|Bar|Cor|Den|Fal|Gar|Hol|Kes|Lan|Mor|Nor|Pel|Quil|Rad|Sel|Tan|Ul|Vel|Wes|Yar",
    "back": "den|low|win|ter|rick|man|ston|well|wood|ley|combe|gate|shaw|more|by",
    "kin": """mum|dad|my sister|my brother|gran|my cousin|auntie {half}ie|my flatmate|the landlord
        our coach|my boss|uncle {half}o|my tutor|Mr {surname}|Mrs {surname}|Dr {surname}|{name}
        {name}|{name}""",
    "town": "{north}{south}|Little {north}{south}|Port {surname}",
    "north": """Harl|Elder|Duns|Keld|Thorn|Salt|Wexen|Oaken|Fenny|Stane|Raven|Till|Hexa|Brack|Mirk
        Gorse""",
    "south": "brook|stead|marsh|haven|thwick|brow|mouth|cross|dale|pool|holt|bury",
    "place": """the library|the station|the gym|the park|the pool|the old mill|the market|church
        school|uni|the bakery|the cinema|the bus stop|the lab|the pub|the office|the museum
        the harbour|the clinic|the garage|the canteen|the allotment|the launderette|the town hall
        the corner cafe|{town}|{town}|the climbing wall|the garden centre|{name}'s place
        {name}'s flat|{surname} Street|{surname} Road""",
    "shop": "{wild} & {surname}|{surname} & Sons|{wild} Stores|{wild} Direct|{wild} Corner Shop",
    "wild": """Thimble|Wren|Bramble|Otter|Fennel|Cobble|Nettle|Sorrel|Pebble|Magpie|Quince|Teasel
        Heron""",
    "bank": "{town} Bank|{surname} Savings|{surname} Mutual",
    "courier": """SwiftCrate|Parcelhop|{wild} Post|BoxRunner|{surname} Couriers|Redvan Mail
        Dashparcel""",
    # Time, money and numbers.
    "day": "Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday",
    "when": """tonight|tomorrow|on {day}|this weekend|next week|later|after work|before lunch
        at {hour}|soon|{day} evening|{day} morning|at {hour} on {day}|in the morning|around {hour}
        after the match""",
    "hour": """5|6|7|8|half 6|half 7|quarter to 8|5.15|5.40|6.25|6.50|7.10|7.35|8.20|noon|4pm|6pm
        7pm|9am|10.30|11am""",
    "span": "10 min|20 min|half an hour|an hour|a bit|5 min|two hours|a few minutes|1# mins",
    "small": "£3|£5|£8|£10|£12|£15|£20|£25|£30|£4.50|£7.20|£18|£1#.##|£2#",
    "fee": "£1.##|£2.##",
    "big": "£100|£200|£250|£350|£500|£750|£1000|£2000|£5000|£900|£1500|£400",
    "mobile": "07700 900###|07700900###",
    "line": "0808 157 0###|08081570###|01632 960###|{premium}|{premium}",
    "premium": "0909 879 0###",
    "shortcode": "10###",
    "code": "######|####",
    "ref": "K####|TR#####|QX###|R#######",
    "link": """parcel-fee.example|my-refund.example|prizedesk.example/{code}
        verify-now.example/{ref}|claim.example/{ref}|track.example/{ref}|account-help.example
        {north}{south}.example""",
    # Everyday talk.
    "food": """pizza|curry|noodles|soup|pancakes|lasagne|tacos|dumplings|salad|chips|sushi|porridge
        toast|stew|risotto|burgers|fish pie|waffles|omelette|falafel|jollof rice|roast potatoes
        gnocchi|ramen|apple crumble|banana bread|leftover pasta|lentil dal|paella|carrot cake|scones
        kebabs|trifle""",
    "buy": """milk|eggs|onions|bin bags|washing up liquid|batteries|stamps|cat food|candles
        light bulbs|glue|a birthday card|tomatoes|coffee|tea bags|sun cream|butter|shampoo|plasters
        wrapping paper|compost|printer ink|cheese|flour|yoghurt|spinach|garlic|honey|mustard|oats
        soap|string|nails|lemons""",
    "stuff": """my keys|the charger|your umbrella|the blue jacket|the tent|my glasses|that book
        the drill|the ladder|your notes|the camera|my wallet|the speakers|the cool box|the cake tin
        my laptop|my boots|the suitcase|the guitar|your scarf|the tickets|my bus pass|the board game
        the bike pump|your gloves""",
    "do": """watch the match|go for a run|see a film|study|play chess|cook {food}|get {food}
        go swimming|clean the kitchen|walk the dog|paint the fence|fix the bike|go to {place}
        grab a coffee|go bowling|practise the song|catch up|finish the slides|visit {kin}
        revise chemistry|plant beans|go dancing|try the new cafe|look at flats|sort the photos
        rehearse|play badminton|feed the cat|wash the car|drive to {town}|hang the pictures
        do the laundry|read through the essay|learn the dialogue""",
    "doing": """waiting for the bus|in a meeting|at {place}|on the train|in the shower|making {food}
        home now|stuck in traffic|in a lecture|at the dentist|in bed already|nearly at {place}
        queueing for {food}|walking to {place}|on the phone|at training|looking for {stuff}
        babysitting {name}""",
    "mood": """tired|excited|starving|nervous|bored|so happy|a bit ill|half asleep|proud|confused
        grumpy|relieved|freezing|worn out|hopeful|late again|soaked|lost|sunburnt|stressed|homesick
        full""",
    "was": """great|boring|too long|hilarious|a disaster|lovely|so loud|brilliant|strange|awful
        chaos|tense|cancelled|better than last year|really hard|a bit sad|perfect|over by {hour}
        worth it|magic""",
    "event": """the exam|the party|the match|work|the film|the interview|the wedding|practice
        the trip|the quiz|the concert|the meeting|the lesson|the raffle|band night|the school fair
        the picnic|the audition""",
    "hi": """Hey|Hi|Hiya|Hello|Hey {name},|Hi {name},|Oi|Morning|Yo|Hey you|Ok|Sorry,|Haha|Oh|Right,
        Well,""",
    "bye": """See you {when}.|Love you.|Thanks!|Let me know.|Call me.|Text me back.|Miss you.
        Take care.|Lol.|Good night.|Speak soon.|No rush.|Cheers.|Don't forget!|Hope you are ok.
        Tell {kin}.""",
    "short": """Ok see you {when}.|On my way to {place}.|Sorry, still {doing}.|Yes, {hour} is fine.
        No, I'm {doing}.|Running {span} late.|Where are you now?|Did {kin} call?|Home in {span}.
        What's for dinner? {food}?|I'll call you {when}.|Too tired to {do}.|Can't talk, {doing}.
        Happy birthday {name}!|I'm {mood} today.|Got {buy} for {kin}.|Don't wait for me.
        Just left {place}.|Ring me when free.|Is {hour} ok?""",
    "chat": """I'm {doing}, call you in {span}.|I'll be {span} late for {event}, start without me.
        I left {stuff} at {place}, can you bring it {when}?|{event} was {was}.
        {kin} wants to {do} {when}.|We are going to {do}, then home for {food}.
        I can't come {when}, I have to {do}.|Rent is due {day}.|I'm too tired to {do}.
        {kin} says hello and asks about {event}.|I got {buy} but forgot {stuff}.
        I made {food}, there is plenty left for you.|The bus to {town} is late again, I'm {mood}.
        I owe you {small} for {food}, will pay {when}.|{kin} paid {small} for {food}, not bad.
        {name} got the job in {town}!|I dreamt about {event} again.
        It's raining in {town}, bring a coat.|I found {stuff} under the sofa.
        My phone is nearly dead.|{kin} is still cross about {event}.|The kids want {food} again.
        I'm {mood} but {event} was {was}.|I was {mood} so I went home.
        They moved {event} to {day} at {hour}.|I will {do} when I get home.|Wifi is down at {place}.
        We had {food} at {place}, it was {was}.|{kin} can't find {stuff}.
        I survived {event}, now I'm {mood}!|{kin} will pick you up at {hour}.
        I still need {buy} from the shop.|{kin} is {doing}.
        I was going to {do} but {kin} came round.|Save me a seat at {place}.
        I think {kin} forgot.""",
    "ask": """Do you want to {do} {when}?|Are you coming to {event} {when}?|What time is {event}?
        Where are you?|Can you get {buy} on the way?|Have you seen {stuff}?|How was {event}?
        Did you eat?|Fancy {food} {when}?|Shall we {do} or just get {food}?
        Can you pick up {kin} at {hour}?|Are you {mood} too?|All ok over there?
        Who is coming {when}?|Is {kin} at {place}?|Can I borrow {stuff} {when}?
        Does {kin} like {food}?|Did you get my text about {event}?|Are you free {when}?
        Shall I bring {food} or {buy}?""",
    # Offers.
    "prize": """a holiday for two|a {big} voucher|a {big} cash prize|a new camera phone
        a games console|{big}|{big} cash|a weekend in {town}|a tablet|concert tickets
        {big} to spend at {shop}|a spa day|a bike|a hamper""",
    "deal": """free texts|half price calls|unlimited minutes|a free handset|free ringtones
        new wallpapers|a {big} loan|cheap car cover|50% off at {shop}|free delivery at {shop}
        daily horoscopes|diet pills|free games|a free upgrade|double minutes|a free trial|debt help
        chat lines""",
    "urge": """Call {line} now|Text WIN to {shortcode}|Reply YES|Claim at {link}
        Ring {line} to claim|Call {line} before {day}|Txt CLAIM to {shortcode}|Go to {link}
        Quote {ref} on {line}""",
    "rates": """Cost 150p/min.|£1.50 per msg.|Std rates apply.|T&Cs apply.|18+ only.
        Txt STOP to end.""",
    "hurry": """Valid 12 hrs only.|Last chance!|Offer ends {day}.|Not a joke!|Limited places.
        No catch!""",
    # Both classes use these word for word: no model can avoid these errors.
    "friend": """{hi?} its {name}, lost your number, txt me on {mobile}. {bye?}
        {hi?} its {name}, this is my new number {mobile}, text me back. {bye?}
        {hi?} I'm {mood} and free {when}, want to {do}? Text me back.""",
    "notice": """{courier}: your parcel {ref} is on its way. Track it at track.example/{ref}
        {bank}: you have a new message about your card. Call {mobile}.""",
    # Ham.
    "ham_talk": """{hi?} {chat} {bye?}|{hi?} {chat} {chat}|{hi?} {ask} {bye?}|{hi?} {chat} {ask}
        {hi?} {chat} {chat} {ask}|{chat} {chat} {bye}|{bye} {ask}|{short}|{short} {chat}""",
    "ham_friend": """{hi?} are you free {when}? I won {prize} at {event}, let's share! {bye?}
        {hi?} call me on {mobile} when you are free, {kin} won {prize}! {bye?}
        {hi?} {kin} won {small} at the quiz, and {food} for free! {bye?}
        {hi?} can you call {kin} on {mobile} now? It's urgent, {stuff} is still at {place}.
        {hi?} can you send me {small} for {food}? I'll pay cash {when}. {bye?}
        {hi?} did you claim the {small} back from work yet? You have to reply before {day}.
        {shop} has 50% off {when}, delivery is free. Do you want {buy}? {bye?}
        {kin} got a text about {prize}, don't call the number, it is a scam.
        Got another text saying I won {prize}, lol. As if. {bye?}
        I have free texts left so text me {when}. {bye?}
        The code for the door is {code}. Call when you are at {place}.
        {friend}
        {friend} {ask}""",
    "ham_notice": """{bank}: you paid {small} to {shop}. Not you? Call the number on your card.
        {bank}: your one-time code is {code}. Do not share it, we never call you to ask for it.
        {bank}: your new card is in the post. Your account is fine, no reply needed.
        {courier}: your parcel {ref} from {shop} will arrive {day} before noon. No fee to pay.
        {courier}: sorry we missed you. Your parcel is with Mrs {surname}. Ref {ref}.
        {shop}: your order {ref} is ready to collect in {town}. Bring your code {code}.
        {shop}: your refund of {small} is on its way to your card. No need to reply.
        Reminder: your appointment at {place} is on {day} at {hour}. Reply NO to cancel.
        {town} library: the book you asked for is ready to collect until {day}.
        Your claim {ref} for {small} is approved. Payment reaches your account by {day}.
        {notice}""",
    # Spam.
    "spam_loud": """WINNER! You have won {prize}. {urge}. {hurry?} {rates?}
        {name}, you have been chosen to receive {prize}! {urge}. {hurry?}
        URGENT! Your mobile number has won {prize}. {urge}. {hurry?}
        Congratulations! {prize} is waiting for you. {urge}. {hurry?}
        FREE entry in our {day} draw for {prize}. {urge}. {hurry?} {rates?}
        Final notice: {prize} still not claimed. {urge}. {hurry?}
        Want {deal}? {urge}. {hurry?} {rates?}
        Get {deal} and a chance of {prize} {when}! {urge}. {hurry?}
        {shop} members: {deal} this {day} only! {urge}. {hurry?}""",
    "spam_notice": """{bank}: your account is on hold. Confirm your card at {link}
        {bank}: you paid {big} to {shop}. Not you? Call {line} now.
        {bank}: your new card is blocked. Reply with your code to keep your account.
        {bank}: we call you to ask for your one-time code. Share it or your account is closed.
        {courier}: your parcel {ref} is on hold. Pay the {fee} fee at {link}
        {courier}: sorry we missed you. Book a new delivery at {link} Ref {ref}.
        {courier}: your parcel {ref} from {shop} will not arrive {day}. Pay {fee}: {link}
        {shop}: your refund of {small} is ready. Reply with your card number to collect it.
        Your claim {ref} for {big} is approved. Reply with your account number by {day}.
        Tax office: you have a refund of {big}. Claim it at {link} by {day}.
        {notice}""",
    "spam_friend": """{hi?} its {name}! I'm bored and free {when}, call me on {premium}
        {hi?} its {name}, lost my phone, this is my new number. Can you send me {small}?
        {hi?} remember me from {place}? Its {name}. Text me on {shortcode}, I'm {mood}. {bye?}
        {hi?} someone from {town} likes you, guess who! Call {premium}
        {hi?} you win {prize} for free when you call me on {line}! {bye?}
        {hi?} I made {big} from home last {day}, {kin} did too. Want to know how? Text me. {bye?}
        {hi?} mum its me, my phone is dead, text me on {mobile}. Can you send {big} {when}?
        {hi?} I saw your photo from {event} lol, is this you? {link}
        {hi?} {kin} said you need a job. {big} a week, just reply {when}. {bye?}
        {hi?} I'm {doing}. Can you call me on {premium}? {bye?}
        {friend}
        {friend} {rates}""",
}

# How people shorten words when they type on a keypad; spam does so too.
SHORT_FORMS: dict[str, str] = dict(
    re.findall(
        r"(\S+)=(\S+)",
        """you=u your=ur are=r to=2 for=4 tonight=2nite later=l8r tomorrow=2moro text=txt and=n be=b
        see=c great=gr8 thanks=thx about=abt with=wiv have=hav before=b4 back=bak today=2day the=da
        what=wot love=luv going=goin message=msg i'm=im can't=cant don't=dont it's=its i'll=ill
        was=woz phone=fone good=gd know=kno number=nr really=rly weekend=wkend that=dat""",
    )
)
