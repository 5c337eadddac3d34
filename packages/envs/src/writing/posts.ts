/**
 * TLDR's own data: posts as people write them when they ask strangers for advice, in the block format of the data set's
 * field `prompt`. All of it is made up here.
 */
import { fillTemplate, makeRecords, type Slots } from './templates.js';

interface Scenario {
  readonly subreddit: string;
  readonly slots: Slots;
  readonly title: string;
  readonly post: string;
}

/** Records with the field `prompt`, for training and for evaluation. */
export function posts() {
  return makeRecords(
    'prompt',
    scenarios.map(({ subreddit, slots, title, post }) => {
      const block = `SUBREDDIT: r/${subreddit}\n\nTITLE: ${title}\n\nPOST: ${post}\n\nTL;DR:`;
      return (random) => fillTemplate(block, slots, random);
    }),
  );
}

const months = ['two', 'three', 'four', 'five', 'six', 'seven', 'nine'];

const scenarios: readonly Scenario[] = [
  {
    subreddit: 'relationships',
    slots: {
      who: ['flatmate', 'cousin', 'best friend', 'old school friend', 'colleague'],
      months,
      mess: [
        'pans in the sink',
        'wet towels on the floor',
        'a bicycle in the hallway',
        'empty boxes everywhere',
      ],
      bill: ['heating', 'phone', 'gas', 'water'],
    },
    title: 'I moved in with my {who} {months} months ago and we barely speak any more',
    post: `[We always got along|We used to laugh about everything], so sharing a flat sounded like a good idea. For the first weeks it was. Then came {mess}, music after midnight and a {bill} bill that I have paid alone {months} times now.

I brought it up [once over dinner|on a Sunday morning|by message, which was cowardly], and my {who} said I was turning into a landlord. Since then we talk about nothing but whose turn it is to take the bins out. The lease runs until [autumn|spring|the end of the year] and breaking it would cost us both a deposit. I would like to save the friendship more than the flat, but I also cannot go on paying for two. Do I [ask for the money first|move out quietly|suggest a list of rules], or is there a way to start over?`,
  },
  {
    subreddit: 'personalfinance',
    slots: {
      debt: ['4,000', '7,500', '9,000', '12,000', '15,000'],
      job: ['a bakery', 'a call centre', 'a hospital kitchen', 'a small law office', 'a warehouse'],
      windfall: ['a tax refund', 'my grandmother’s savings book', 'a bonus', 'the sale of my old car'],
    },
    title: 'Pay off {debt} of card debt at once, or keep a cushion?',
    post: `I work in {job} and take home about [1,900|2,100|2,400] a month. Over the last [two|three] years I ran up {debt} on two credit cards, mostly [dentist bills|car repairs|rent while I was between jobs]. The interest is [19|22|24] percent, so the minimum payment hardly moves it.

Last week {windfall} left me with almost exactly enough to clear everything. My brother says I should do it today and sleep well. My mother says that a person without savings is one broken boiler away from the same hole. Both sound right to me. I have no emergency fund, [a child who starts school soon|a landlord who may sell|a car with a strange noise], and a job that feels safe but pays no sick leave. Would you pay all of it, half of it, or keep the money where I can see it?`,
  },
  {
    subreddit: 'dogs',
    slots: {
      breed: ['beagle', 'greyhound', 'terrier mix', 'border collie', 'dachshund'],
      name: ['Pepper', 'Moss', 'Biscuit', 'Juno', 'Otto'],
      fear: ['the vacuum cleaner', 'men with hats', 'the lift', 'bicycles', 'thunder'],
    },
    title: 'Rescue {breed} is terrified of {fear}. What worked for you?',
    post: `We adopted {name}, a {breed} of about [two|four|six] years, from a shelter [last month|just before the holidays|eight weeks ago]. At home {name} is the gentlest animal you can imagine, sleeps on my feet and never barks. But {fear} turns {name} into a shaking heap [behind the sofa|in the bathtub|under my desk], and it takes an hour until a treat is even looked at.

We tried [distance and chicken|a calming vest|playing the sound quietly], which helped a little until a neighbour surprised us on the stairs and we were back at zero. The shelter knows nothing about the past. A trainer quoted a price that we would have to save for. I do not want to drown a frightened dog in methods from the internet. Is it too early to worry, or should we see a behaviourist now before it becomes a habit?`,
  },
  {
    subreddit: 'jobs',
    slots: {
      role: ['accountant', 'lab technician', 'graphic designer', 'project manager', 'nurse'],
      offer: ['twelve', 'fifteen', 'eighteen', 'twenty'],
      city: ['on the coast', 'two hours north', 'in the capital', 'across the border'],
    },
    title: 'Got an offer with {offer} percent more pay, but my boss just promised me a promotion',
    post: `I have been [an overworked|a loyal|the only] {role} at a mid-sized company for [four|five|six] years. The people are kind, the software is ancient, and raises come when somebody quits. This spring I applied elsewhere, mostly to see what I am worth, and a firm {city} offered {offer} percent more.

The same afternoon my boss took me aside and said that [a senior position|the head of the team|a new department] would be mine by [summer|January], only not in writing yet. I have heard that sentence before, about a different chair. The new place wants an answer by Friday. My partner could work from anywhere but [loves our garden|has parents nearby|just joined a choir]. I am flattered, tired and suspicious at once. How do you find out whether a promise is real without showing your cards?`,
  },
  {
    subreddit: 'AskDocs',
    slots: {
      age: ['24', '29', '33', '38', '45'],
      sport: ['running', 'climbing', 'badminton', 'rowing', 'dancing'],
      joint: ['knee', 'shoulder', 'ankle', 'wrist'],
    },
    title: 'Three weeks of {joint} pain after {sport}, scan showed nothing',
    post: `I am {age}, healthy apart from [hay fever|migraines|a bad sleep schedule], and I have been {sport} twice a week for years. About three weeks ago my {joint} began to hurt after [a long session|a clumsy fall|a cold morning], first as a dull ache and now as a sting whenever I [climb stairs|lift a bag|turn a key].

My doctor ordered a scan that came back clean and told me to rest for ten days. I did, the pain went, I went back to {sport} carefully and it returned within minutes. Ice helps, tablets do not. I cannot get another appointment before [next month|the holidays end], and my insurance wants a referral for physiotherapy. Is it reasonable to insist on a second look, or do such things simply need more patience than I have?`,
  },
  {
    subreddit: 'weddingplanning',
    slots: {
      guest: ['uncle', 'stepfather', 'sister', 'godmother'],
      place: ['a barn', 'a lake house', 'a vineyard', 'the old town hall'],
      number: ['40', '55', '70', '90'],
    },
    title: 'My {guest} wants to bring six extra people to a wedding for {number}',
    post: `We are getting married in {place} [this June|next May|in September]. The room holds {number} guests, not one more, and we spent [weeks|a whole winter] cutting the list until nobody was hurt too badly. The invitations went out with names on them.

Yesterday my {guest} replied for eight persons: two who were invited and six whom I have met perhaps once, among them [a new boyfriend|three business partners|somebody’s toddler]. When I called to explain, I was told that family is not counted like chairs. My parents want peace and offered to [pay for a tent|uninvite their own friends|talk to everybody]. My partner thinks that giving in once means giving in for the next forty years. I hate that a happy day has become a negotiation. How do we say no so that it is heard as no and not as war?`,
  },
  {
    subreddit: 'gardening',
    slots: {
      plant: ['tomatoes', 'courgettes', 'roses', 'runner beans', 'blueberries'],
      pest: ['slugs', 'aphids', 'pigeons', 'voles'],
      soil: ['heavy clay', 'thin sand', 'old builders’ rubble'],
    },
    title: 'First garden, {soil}, and the {pest} are winning',
    post: `After years of balconies I finally have a garden, [six|eight|ten] metres long, with {soil} under a lawn that nobody loved. I dug two beds in March, worked in compost and planted {plant}, because everybody said they forgive beginners.

They grew well until [the rain came|a warm week in May|I went away for a weekend]. Then the {pest} arrived. I have tried [coffee grounds|netting|a garlic spray|collecting them by hand at night], I have read a dozen contradictory pages, and half of the plants are gone. My neighbour uses blue pellets and has leaves like a catalogue, but we have [a cat|hedgehogs|small children] and I do not want poison. Should I give up on {plant} for this year and improve the ground, or is there still time to replant and protect them properly?`,
  },
  {
    subreddit: 'college',
    slots: {
      subject: ['chemistry', 'history', 'economics', 'computer science', 'music'],
      other: ['teaching', 'nursing', 'carpentry', 'translation'],
      semester: ['third', 'fourth', 'fifth'],
    },
    title: 'In my {semester} semester of {subject} and dreaming of {other}',
    post: `I chose {subject} because I was [good at it in school|afraid of choosing nothing|told that it opens doors]. My marks are fine, I have friends in the department, and every Sunday evening I feel as if I were packing for a journey to the wrong town. Last summer I helped out in {other} for [six|eight] weeks, came home exhausted each day and was never bored.

Changing now would mean [losing a scholarship|two more years|moving back home], and my parents, who [never went to university|paid for most of it], would not say a word, which is worse than shouting. A lecturer suggested that I finish and then see. A friend says that is how people end up fifty and polite. Has anyone switched this late and regretted it, or stayed and been glad?`,
  },
  {
    subreddit: 'legaladvice',
    slots: {
      thing: ['fence', 'hedge', 'garage wall', 'drain pipe'],
      width: ['thirty centimetres', 'half a metre', 'almost a metre'],
      years: ['nine', 'fifteen', 'twenty-two'],
    },
    title: 'New neighbour says our {thing} stands {width} on his land',
    post: `We bought our house {years} years ago, and the {thing} was already there. In [April|June|October] the place next door was sold. The new owner had everything measured and now claims that the {thing} stands {width} on his side. He wants it gone by [the end of the month|Christmas|the time his builders come], at our cost, and sent a letter with many underlined words.

Our own papers show a line on a map from [1961|1974|1988] that could mean anything. The previous owner, now in a home, says that both families agreed on it over a beer. Moving it would cost more than we have set aside, and there is [an old apple tree|a shed|our water meter] in the way. I would rather pay a surveyor than a lawyer. Does the time that it has stood there count for anything, and what should we on no account sign?`,
  },
  {
    subreddit: 'Parenting',
    slots: {
      child: ['son', 'daughter'],
      age: ['seven', 'eight', 'nine', 'ten'],
      thing: ['the violin', 'football practice', 'swimming lessons', 'the school choir'],
    },
    title: 'My {child} ({age}) wants to quit {thing} after one bad day',
    post: `Our {child} begged for {thing} for a whole year. We [rearranged our evenings|bought everything second-hand|found a place after a long wait], and for [five|eight] months there was nothing better in the world. Then came [a failed audition|a lost match|a teacher with little patience], tears in the car, and the announcement that it is over.

I gave up everything at that age and have been sorry ever since, so my heart says: hold on, it will pass. My husband was forced to continue [the piano|judo] until he was sixteen and has not touched it since. The {age}-year-old in question plays cheerfully in the garden while we argue in the kitchen. We have paid until [Easter|the summer holidays]. Do you let a child decide such a thing, do you set a date, or do you look for another teacher first?`,
  },
  {
    subreddit: 'travel',
    slots: {
      country: ['Portugal', 'Slovenia', 'Japan', 'Morocco', 'Chile'],
      friend: ['Marta', 'Jonas', 'Aylin', 'Tom'],
      budget: ['900', '1,400', '2,000'],
    },
    title: 'Two weeks in {country} with a friend who plans every minute',
    post: `{friend} and I have wanted to see {country} since we were students. Now the flights are booked for [May|September], we have a budget of {budget} each, and I have received a table with [forty|fifty-two|sixty-one] rows. Breakfast has a row. So has looking at the sea.

I travel by getting lost: one museum, one long lunch, a bus to wherever it goes. {friend} has [three weeks of holiday a year|waited ten years for this|a new camera] and does not want to waste an hour, which I understand. When I suggested two free days, I was asked what exactly we would do on them. I am afraid that we will [quarrel by day three|come home as strangers|hide in separate cafés]. Splitting up for parts of the trip would be fine with me but might sound like an insult. How do you bring this up before the first train leaves?`,
  },
  {
    subreddit: 'cooking',
    slots: {
      dish: ['sourdough bread', 'risotto', 'dumplings', 'a proper curry', 'custard tarts'],
      guest: ['my in-laws', 'my boss', 'twelve neighbours', 'my first landlady'],
      flaw: ['turns out flat', 'tastes of nothing', 'falls apart', 'burns outside and stays raw inside'],
    },
    title: 'Promised {dish} to {guest} and it {flaw} every time',
    post: `In a weak moment I told {guest} that I make {dish}. I do make it, in the sense that ingredients go in and something comes out, but it {flaw}. I have followed [a famous book|my aunt’s handwritten card|four different videos], weighed everything and bought [a thermometer|better flour|a heavy pan].

Strangely it worked perfectly once, [on holiday in a gas oven|when I was in a hurry|when the electricity failed for an hour], and I have been chasing that evening ever since. The dinner is on [Saturday|the twelfth]. I could practise three more times before that, or serve soup and tell the truth. My kitchen has [an electric oven with a mind of its own|two plates and no scales|very hard water]. What would you change first, and how do I find out what went wrong instead of changing five things at once?`,
  },
  {
    subreddit: 'tifu',
    slots: {
      device: ['shared screen', 'group chat', 'office printer', 'smart speaker'],
      secret: [
        'a list of baby names',
        'my letter of resignation',
        'a poem about our caretaker',
        'plans for a surprise party',
      ],
      person: ['Ruth', 'Mr Adeyemi', 'the new intern', 'our director'],
    },
    title: 'TIFU by sending {secret} to the {device}',
    post: `This happened [on Monday|yesterday|an hour ago], and my ears are still hot. I had been working on {secret} during lunch, which is allowed, and on the office computer, which is not clever. When {person} asked for [the sales figures|the floor plan|the minutes], I pressed the wrong button and {secret} went straight to the {device}, in front of [nine|fourteen|thirty] people.

Nobody laughed, that was the worst part. {person} read [the first line aloud|all of it, slowly|half and put the glasses away] and said that we would talk later. Later has not come yet. I wrote an apology, deleted it, wrote a shorter one and deleted that too. A colleague brought me a biscuit, which felt like a funeral. I suppose I should go in [first thing tomorrow|before the weekend] and say something, but for the life of me I do not know what.`,
  },
  {
    subreddit: 'running',
    slots: {
      race: ['half marathon', 'ten-kilometre race', 'trail race', 'marathon'],
      weeks: ['five', 'six', 'eight'],
      problem: ['a cold', 'a work trip', 'a sore shin', 'moving house'],
    },
    title: '{weeks} weeks to my first {race} and I lost ten days to {problem}',
    post: `I started from the sofa [a year ago|last autumn] and somehow became a person who owns three pairs of running shoes. My first {race} is in {weeks} weeks. The plan from [a magazine|the club|an app] went like clockwork until {problem} took ten days out of the middle, just where the long runs were.

Yesterday I went out again: [my pulse was too high|my legs felt like wood|I had to walk the last part], and the distance that was easy in [March|August] was hard. Should I pick the plan up where I left it, repeat the last week, or go on as if nothing had happened? I do not care about my time, I want to [finish without walking|enjoy the last kilometre|wave at my children], and I do not want to get hurt. The entry fee cannot be moved to the next year.`,
  },
  {
    subreddit: 'AskHistorians',
    slots: {
      object: ['a bundle of letters', 'a ration card', 'a ship’s logbook', 'a set of glass negatives'],
      year: ['1871', '1893', '1911', '1924', '1946'],
      where: ['behind a wardrobe', 'under the stairs', 'in a biscuit tin', 'in a piano stool'],
    },
    title: 'Found {object} from {year} {where}. What now?',
    post: `While clearing [my great-aunt’s house|a cottage that we are renovating|the vicarage attic] I found {object} {where}. The date {year} appears [twice|on nearly every page|on the back], together with a name that nobody in the family knows. The paper is dry but [the edges crumble|one corner is mouldy|it smells of smoke].

I photographed everything in daylight and put it into a clean box. A dealer in town offered [eighty|two hundred] for the lot within a minute, which made me suspicious. The local museum did not answer my message. I would like to know who the person was, and I would prefer that the things end up where somebody can read them, but I do not want to damage them with good intentions. Whom do I write to, what should I not do to old paper, and is there any point in asking a genealogist?`,
  },
  {
    subreddit: 'bicycling',
    slots: {
      distance: ['nine', 'fourteen', 'eighteen'],
      bike: ['a heavy city bike', 'my father’s racer', 'a second-hand tourer', 'a folding bike'],
      obstacle: ['a steep hill', 'a road without a lane', 'a ferry', 'a motorway bridge'],
    },
    title: 'Commuting {distance} kilometres with {bike}: mad or fine?',
    post: `My office moved, and the bus now takes [seventy|eighty-five] minutes each way with two changes. By road it is {distance} kilometres, mostly along the river, with {obstacle} near the end. I own {bike}, a helmet and more optimism than muscle.

I tried it last [Sunday|Saturday] without traffic and arrived [red as a beet|in good spirits|after an hour and ten]. There is a shower at work, but it belongs to [the warehouse team|the gym next door] and I would have to ask. My wife worries about the dark months, and so do I, a little. A new electric bike would cost as much as [two years of bus tickets|our holiday]. Before I spend anything: how did you start, how many days a week are realistic for somebody who is [forty-one|fifty-three], and what do you do when it rains sideways?`,
  },
  {
    subreddit: 'books',
    slots: {
      club: ['six', 'eight', 'eleven'],
      book: [
        'a nine-hundred-page family saga',
        'a novel without paragraphs',
        'a thriller we had all read',
        'a memoir by his dentist',
      ],
      leader: ['Harold', 'Ingrid', 'Dev', 'Pauline'],
    },
    title: 'Our book club has turned into lectures by {leader}',
    post: `We are {club} people who meet on the first [Tuesday|Thursday] of the month, with wine and a book that most of us have finished. It was the best evening of my month until {leader} joined in [spring|November]. {leader} has [taught literature for thirty years|read everything twice|a folder] and speaks for forty minutes before anybody opens their mouth.

Last time it was {book}, chosen by {leader} as well. Two members [have stopped coming|text each other under the table|suddenly have a lot of dentist appointments]. The sad thing is that the lectures are good. They are simply not what we came for. As I [host most evenings|founded the group|write the invitations], everybody looks at me. I thought of a rule with an egg timer, but that seems childish. How do you slow down a clever, generous and slightly lonely person without losing them?`,
  },
  {
    subreddit: 'HomeImprovement',
    slots: {
      room: ['bathroom', 'kitchen', 'cellar', 'hallway'],
      find: [
        'black mould',
        'a second layer of tiles',
        'a pipe that leads nowhere',
        'wiring with cloth around it',
      ],
      quote: ['3,200', '5,800', '8,100'],
    },
    title: 'Opened the {room} wall and found {find}',
    post: `The plan was simple: new paint in the {room}, one long weekend, done. Then a tile came off, and behind it we found {find}. We stopped, [closed the door|called a friend who builds boats|turned the main switch off], and have been washing up [at the neighbours’|in a bucket] since.

Three firms had a look. The first wants {quote} and could start on Monday. The second says that it is harmless and would paint over it. The third talked for an hour, drew a sketch and has not sent a price. The house is from [1928|1955|1963], we have lived here for [one year|two winters], and the survey mentioned nothing. I can do simple things myself, but I do not want to sleep above a mistake. Who is the right person to ask what is really necessary, when everyone who knows also sells the work?`,
  },
  {
    subreddit: 'teachers',
    slots: {
      grade: ['fifth', 'seventh', 'ninth'],
      subject: ['maths', 'geography', 'art', 'physics'],
      count: ['four', 'five', 'seven'],
    },
    title: '{count} essays in my {grade}-grade {subject} class share the same odd sentence',
    post: `I gave my {grade}-graders two weeks for a short essay in {subject}. While marking I came across [a very elegant|a slightly wrong|a wonderfully pompous] sentence, smiled, and met it again in the next one. In the end it stood in {count} of them, each time in different handwriting.

It is not on any page that I can find. One of the {count} is [my most honest student|the head’s nephew|a girl who hardly speaks], and another has never handed anything in before, so I do not want to crush whatever made it happen. The rules say that copied work gets no marks and a letter home. A colleague would [make them all write it again in class|ask the whole class to guess the author|say nothing]. Reports are due on [Friday|the twentieth]. How would you find out what happened without turning a classroom into a courtroom?`,
  },
  {
    subreddit: 'cats',
    slots: {
      cat: ['Miso', 'Captain', 'Freya', 'Button'],
      place: [
        'the top of the fridge',
        'an upstairs neighbour’s balcony',
        'the bathroom sink',
        'a shelf of cookbooks',
      ],
      months,
    },
    title: '{cat} has moved out to {place} since we got a kitten',
    post: `{cat} is [eleven|thirteen] and has ruled this flat alone for most of that time. {months} weeks ago we brought home a kitten, because [a colleague’s cat had five|the children had saved for it|we felt that she was bored]. We did it by the book: separate rooms, swapped blankets, meals on both sides of a door.

The kitten is in love. {cat} is not. She moved to {place}, comes down for breakfast, hisses at the wall and goes back. She [eats well|has lost a little weight|no longer sleeps on our bed], and the vet says that nothing is wrong apart from dignity. I feel that I have broken something that was perfect. Our friends say that it takes [half a year|one winter]. Is there a point at which one admits the mistake and finds the little one another home, or do they all look like this in the beginning?`,
  },
];
