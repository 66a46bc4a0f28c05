// The vocabulary of an invented river town, by part of speech. All of it is made up for this site.
// Knows: words; {name} in a word stands for one of another list. Does not know: how a sentence is built (prose.ts).

const list = (text: string): readonly string[] => text.trim().split(/\s*\|\s*/)
const words = (text: string): readonly string[] => text.trim().split(/\s+/)

export const vocabulary = {
  first: words(`
    Anna Tom Maren Idris Clara Jonas Petra Samuel Ruth Ade Lena Oskar Mina Felix Greta Hugh Nadia Piet Selma Viktor
    Wanda Yusuf Bea Carlo Dora Emil Farah Gwen Henrik Ines Joan Kofi Liv Marta Noor Otto Paula Quentin Rosa Stefan
    Tilda Ulla Vera Walter Ximena Zora Alban Brigid Cosmo Delia`),
  last: words(`
    Marsh Holloway Bergen Tull Sandys Okafor Lindqvist Farrow Petrov Quay Vance Whitlock Yarrow Abbot Brandt Castell
    Dray Ellery Finch Garrow Haddon Ivers Jessop Kettle Larkin Mossop Nairn Oakes Pell Rook Sallow Thorne Ueda Verrall
    Wick Amadi Boateng Croft Dunmore Eastwood Fairley Grady Hartog Inman Joyce Kemble Lowry Mercer Nolan Osgood Prior
    Quill Reeve Stannard Tindall Underhill Varga Weir Ashdown Birch`),
  place: list(`
    Wendle | Harbour Street | Nether Ford | the Old Basin | Saltgate | Upper Lode | Millbank | the East Quay | Kings Lock
    | Ferry Lane | Tarnside | Long Meadow | Stokeley | the Malthouse district | Osier Island | Barrow Hill | Fenwick
    | the Glassworks | Station Road | Crane Wharf | Eastmere | the Water Meadows | Hythe End | Corn Market | Weirfield
    | Lantern Hill | the Tannery | Sluice Road | Great Ambley | Little Ambley | St Osyth’s | the Ropewalk | Coldharbour`),
  org: list(`
    the town council | the harbour board | Wendle Transport | the county court | the water company | Ambley College
    | the Rivers Trust | the fire service | the boat club | the chamber of trade | the health board | Saltgate School
    | the museum | Northline Energy | the planning committee | the growers’ market | the county police | the library
    | Quayside Housing | the lifeboat station | Fenland Dairies | the theatre company | the allotment society
    | Brandt and Daughters | the tenants’ union | the bridge authority | Wendle Rovers | the parish archive`),
  role: list(`
    head | chair | director | spokeswoman | spokesman | founder | treasurer | deputy head | secretary | engineer
    | a former member | chief executive | a long-standing member | the newly elected chair | head of planning`),
  noun: words(`
    bridge plan ferry report market school budget harbour road station bakery proposal timetable crossing library
    contract river lock survey pool theatre railway clinic garden flood wall tax cinema workshop playground agreement
    museum square turbine canal orchard petition inquiry campaign festival exhibition season decision scheme deal
    vote pier path archive warehouse pump reservoir boathouse footbridge greenhouse mill kiln tower tunnel choir
    ballot lease grant fund debt fine permit appeal verdict letter map chart log signal cable pipeline sensor engine
    battery meter roof cellar chapel weir sluice towpath allotment kitchen ward depot yard auction league fixture
    stand pitch trophy squad medal relay record rehearsal chorus novel mural sculpture lecture excavation manuscript`),
  plural: words(`
    residents families boats passengers traders pupils visitors houses trains trees fields jobs tickets volunteers
    drivers shops repairs flats teachers nurses anglers buses bicycles swimmers tenants growers musicians votes
    complaints deliveries walkers voters readers musicians players supporters engineers surveyors lodgers apprentices
    pumps sandbags lamps benches swans herons otters barges dinghies crates loaves letters documents samples readings`),
  mass: words(`
    water timber rain traffic silt funding steel noise bread coal research patience evidence sunlight rent fog glass
    interest maintenance salt advice rubble paperwork daylight electricity confidence`),
  adjective: words(`
    new old local early late small large public empty quiet narrow wooden independent temporary costly busy long
    unexpected careful modern historic generous private damaged popular urgent modest northern southern muddy restored
    controversial ambitious reliable broken annual weekly shared disused neglected flooded draughty elegant cheerful
    provisional electric regional permanent voluntary seasonal rival forgotten celebrated unfinished steep brick
    sensible crowded outspoken experienced anonymous sceptical familiar confidential detailed disputed partial
    remarkable ordinary tidal overdue unpaid spare lengthy fragile sturdy brisk`),
  didto: list(`
    approved | rejected | opened | closed | repaired | bought | sold | announced | delayed | defended | praised | cut
    | replaced | visited | criticised | welcomed | measured | cleared | photographed | found | lost | inspected | saved
    | painted | planned | abandoned | supported | reopened | extended | funded | studied | blocked | tested | rebuilt
    | protected | questioned | renamed | flooded | ordered | presented | postponed | withdrew | published | drew up
    | inherited | documented | relocated | sponsored | outlined | objected to | looked after | paid for | voted against
    | complained about | took over | wrote to the editor about | set aside | spoke warmly of`),
  did: list(`
    recovered slowly | stayed at home | arrived late | fell by {count} per cent | rose by {count} per cent | went ahead
    | stood empty for {count} weeks | met in {place} | came to nothing | drew {count} {plural} | ran out of {mass}
    | took {count} hours | ended in a draw | continued into the night | passed without incident | returned to {place}
    | doubled within a {period} | was moved to {weekday} | was called off | changed hands twice | cost more than expected
    | survived the winter | closed early | reopened in {month} | finished {count} points ahead | attracted little notice`),
  doing: words(`
    repairing closing measuring clearing opening painting leaving selling inspecting rebuilding protecting crossing
    discussing comparing reopening funding visiting recording restoring insuring digging cataloguing surveying lending`),
  base: words(`
    repair close measure clear open paint leave sell inspect rebuild protect cross discuss compare reopen fund visit
    record restore insure share catalogue survey lend rent widen drain light heat replant photograph`),
  now: list(`
    backs | rejects | delays | opens | closes | buys | sells | defends | welcomes | clears | loses | wins | rebuilds
    | questions | plans | saves | reopens | tests | cuts | extends | abandons | inspects | celebrates | renames | blocks
    | doubles | weighs | drops | votes on | seeks | gets | misses | shares | mends | warns of | prepares`),
  nowPlural: list(`
    wait | protest | return | gather | celebrate | object | face delays | look on | win again | go without {mass}
    | move in | queue for {mass} | ask for more | pay the price | stay away | count the cost | pack {place}
    | sign a petition | head for {place} | press for answers | welcome the change | turn to {mass}`),
  abstract: words(`
    doubts warnings costs support criticism weather pressure delays opposition hopes promises repairs talks rumours
    setbacks complaints advice uncertainty praise shortages regulations`),
  weekday: words('Monday Tuesday Wednesday Thursday Friday Saturday Sunday'),
  month: words('January February March April May June July August September October November December'),
  period: words('week month year season decade summer winter term'),
  ordinal: words('first second third fourth fifth sixth'),
  count: list(`two | three | four | five | six | seven | eight | nine | ten | 11 | 12 | 14 | 15 | 18 | 20 | 22 | 24 | 27
    | 30 | 34 | 36 | 41 | 48 | 52 | 60 | 65 | 72 | 80 | 96 | 110 | 125 | 140 | 160 | 185 | 200 | 230 | 275 | 310 | 340`),
  section: words('harbour council sport culture business science'),
  material: words(
    'oak linen copper slate wool cork brass ash canvas enamel beech stoneware willow leather cotton larch',
  ),
  product: words(`
    lantern kettle blanket stool notebook teapot basket apron lamp jug satchel bowl mirror clock shelf rug tray bench
    compass barometer hammock trivet bucket kite mug ladder tin bookend`),
  colour: words('sand moss ink rust chalk plum harbour-blue charcoal straw heather rose fern midnight clay'),
  component: words(`
    controller sensor queue gateway station channel session schedule gauge relay valve buffer register listener probe
    archive panel bridge sampler cursor ledger beacon filter mixer`),
  setting: words(`
    interval timeout retries threshold offset limit depth window margin rate precision capacity delay level origin mode
    format backlog tolerance warmup quota precedence`),
} as const satisfies Record<string, readonly string[]>

export type WordList = keyof typeof vocabulary
