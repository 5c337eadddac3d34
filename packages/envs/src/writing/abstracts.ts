/**
 * arXiv's own data: abstracts of papers that do not exist, put together from sentences that any paper could have and the
 * vocabulary of sixteen fields. Their findings are made up and mean nothing.
 */
import { pick } from '../seeded-random.js';
import { fillTemplate, makeRecords, type Slots } from './templates.js';

/** Records with the field `abstract_text`, for training and for evaluation. */
export function abstracts() {
  return makeRecords(
    'abstract_text',
    fields.map((field) => (random) => {
      const sentences = moves.map((choices) => pick(choices, random));
      return fillTemplate(sentences.join(' '), { ...field, ...figures }, random);
    }),
  );
}

const figures: Slots = {
  percent: ['7', '12', '18', '23', '31', '40'],
  factor: ['two', 'three', 'four', 'almost ten'],
  count: ['9', '14', '26', '48', '120', '350'],
};

/** What an abstract says, in order, each in several wordings. */
const moves: readonly (readonly string[])[] = [
  [
    '{system} are central to {matter}.',
    'Understanding {system} is [essential for|a precondition of] {matter}.',
    'The study of {system} has a long history, [driven by|not least because of] the needs of {matter}.',
    '[Recent years have|The last decade has] seen a growing interest in {system}, which matter for {matter}.',
  ],
  [
    'Yet it remains [unclear|an open question] {gap}, and existing approaches [disagree by a factor of {factor}|rely on assumptions that are hard to test].',
    'However, little is known about {gap}, since [direct measurements are rare|most models treat it as a constant].',
    'A basic difficulty is that nobody knows {gap}; earlier work has [avoided the question|given conflicting answers].',
  ],
  [
    'Here we [introduce|present|develop] {method} and apply it to {data}.',
    'In this paper we combine {method} with {data}.',
    'We address this problem by means of {method}, which we [calibrate|validate|test] on {data}.',
  ],
  [
    'We find that {finding}, with [an error below|an improvement of|a spread of] {percent} percent over {count} independent [runs|samples|cases].',
    'Our results show that {finding}. The effect [persists|is visible] in {count} of the cases that we examined and [cannot be explained by chance|exceeds earlier estimates by {percent} percent].',
    'The analysis reveals that {finding}, while the cost of [the computation|the experiment] falls by a factor of {factor}.',
  ],
  [
    'These findings [suggest|point to] a simple mechanism and open the way to {use}.',
    'We discuss [limitations of the approach|what remains to be shown] and its consequences for {use}.',
    'Beyond the case at hand, the method should be useful for {use}. [Code and data are available.|All material is made available.]',
  ],
];

/** Phrases per field; `gap` and `finding` are clauses, the others stand for things. */
const fields: readonly Slots[] = [
  {
    system: ['dense granular flows', 'avalanches of dry grains'],
    matter: ['the prediction of landslides', 'the design of silos and conveyors'],
    gap: ['how energy is lost at rough walls', 'why some flows stop without warning'],
    method: ['a lattice model with explicit friction', 'a continuum theory with two temperatures'],
    data: ['long recordings from a rotating drum', 'high-speed images of a tilted channel'],
    finding: [
      'the wall layer alone decides when a flow arrests',
      'friction rises sharply before the grains jam',
    ],
    use: ['early warning on unstable slopes', 'gentler handling of fragile powders'],
  },
  {
    system: ['young stellar clusters', 'binary stars in open clusters'],
    matter: ['models of galactic chemistry', 'the calibration of stellar ages'],
    gap: ['how quickly close pairs are torn apart', 'which fraction of stars leaves its birthplace'],
    method: ['a Bayesian treatment of proper motions', 'an N-body code with adaptive softening'],
    data: ['astrometric catalogues of nearby clusters', 'spectra from two observing campaigns'],
    finding: [
      'wide binaries dissolve within a few crossing times',
      'the escape rate depends on mass only weakly',
    ],
    use: ['dating clusters without models of single stars', 'searches for runaway stars'],
  },
  {
    system: ['large graphs with missing edges', 'networks that change over time'],
    matter: ['recommendation and epidemiology', 'the analysis of communication'],
    gap: [
      'how many links can be hidden before communities blur',
      'whether local statistics suffice to predict links',
    ],
    method: ['a spectral algorithm with a non-backtracking matrix', 'a sampler over block models'],
    data: ['citation records of several disciplines', 'synthetic graphs with planted groups'],
    finding: [
      'recovery is possible well below the known threshold',
      'triangles carry most of the information',
    ],
    use: ['auditing incomplete registers', 'privacy-preserving release of contact data'],
  },
  {
    system: ['thin films of perovskite', 'layered semiconductors'],
    matter: ['cheap and flexible solar cells', 'detectors that work at room temperature'],
    gap: ['how ions migrate under illumination', 'which defects limit the lifetime of carriers'],
    method: [
      'time-resolved luminescence with a tunable probe',
      'first-principles calculations with large supercells',
    ],
    data: ['samples grown under controlled humidity', 'devices aged for several weeks'],
    finding: [
      'migration follows grain boundaries and heals in the dark',
      'a single defect accounts for most of the loss',
    ],
    use: ['more durable photovoltaic modules', 'the choice of passivating layers'],
  },
  {
    system: ['policies learnt from few demonstrations', 'agents that share one reward'],
    matter: ['robots in homes and hospitals', 'the coordination of autonomous vehicles'],
    gap: ['which part of the team deserves credit', 'how much can be learnt without exploration'],
    method: [
      'an actor-critic algorithm with a joint baseline',
      'a regulariser on the divergence between agents',
    ],
    data: ['cooperative games of increasing size', 'recorded trajectories of human pairs'],
    finding: [
      'variance shrinks although agents never communicate',
      'a shared critic learns faster but generalises less',
    ],
    use: ['training of teams with limited communication', 'safer transfer from simulation'],
  },
  {
    system: ['ocean eddies at small scales', 'internal waves over rough topography'],
    matter: ['climate projections', 'the uptake of heat by the deep sea'],
    gap: ['where their energy finally goes', 'how strongly they mix nutrients upwards'],
    method: ['a nested regional simulation', 'a stochastic closure fitted to drifters'],
    data: ['satellite altimetry of a boundary current', 'moorings along a continental slope'],
    finding: [
      'dissipation is concentrated in a few narrow canyons',
      'winter storms double the vertical exchange',
    ],
    use: ['better mixing schemes in climate models', 'the planning of observing networks'],
  },
  {
    system: ['protein complexes without a fixed shape', 'membrane channels under tension'],
    matter: ['drug discovery', 'our picture of how cells sense touch'],
    gap: ['how binding proceeds without a lock and key', 'which residues move first'],
    method: ['a coarse-grained simulation with learnt forces', 'single-molecule spectroscopy'],
    data: ['measurements on purified variants', 'public structures of related families'],
    finding: ['loose contacts speed up binding', 'the gate opens in two distinct steps'],
    use: ['the design of short inhibitory peptides', 'artificial sensors of pressure'],
  },
  {
    system: ['sums of slowly varying random variables', 'random walks in changing environments'],
    matter: ['queueing theory and insurance', 'the statistics of rare events'],
    gap: ['when a central limit theorem survives dependence', 'at which speed the extremes converge'],
    method: ['a coupling argument based on regeneration times', 'a martingale decomposition'],
    data: ['three classical examples', 'numerical experiments near the critical point'],
    finding: [
      'a logarithmic correction appears exactly at criticality',
      'the limit is stable under bounded perturbations',
    ],
    use: ['sharper confidence bounds for correlated data', 'the analysis of adaptive algorithms'],
  },
  {
    system: ['quantum gates with imperfect timing', 'arrays of trapped ions'],
    matter: ['fault-tolerant computation', 'precise clocks'],
    gap: ['how correlated errors spread', 'what limits the coherence of long chains'],
    method: ['a tomography protocol with random sequences', 'a control scheme with shaped pulses'],
    data: ['repeated runs on a small processor', 'simulated noise of varying colour'],
    finding: ['most errors stem from a slow common drift', 'echo pulses remove the leading correlation'],
    use: ['cheaper calibration of larger devices', 'decoders that know the noise'],
  },
  {
    system: ['spoken dialogues with interruptions', 'transcripts of noisy meetings'],
    matter: ['assistive technology', 'automatic minutes'],
    gap: ['how listeners foresee the end of a turn', 'why recognisers fail on overlapping voices'],
    method: [
      'a sequence model that reads prosody and words jointly',
      'a self-supervised encoder with speaker tags',
    ],
    data: ['recordings in five languages', 'a newly annotated corpus of phone calls'],
    finding: ['pitch alone predicts most turn endings', 'errors halve when silence is modelled explicitly'],
    use: ['voice interfaces that interrupt less', 'the study of speech disorders'],
  },
  {
    system: ['urban air pollutants', 'fine particles near busy roads'],
    matter: ['public health', 'the planning of schools and hospitals'],
    gap: ['how exposure varies from street to street', 'which sources dominate in winter'],
    method: ['a land-use regression with mobile sensors', 'an inverse model of chemical transport'],
    data: ['a year of measurements on trams', 'records from low-cost stations'],
    finding: ['short peaks contribute most of the dose', 'domestic heating exceeds traffic after sunset'],
    use: ['cleaner routes for pedestrians', 'fairer placement of monitors'],
  },
  {
    system: ['sparse inverse problems', 'images reconstructed from few projections'],
    matter: ['medical imaging at a low dose', 'the inspection of welded parts'],
    gap: ['how learnt priors behave outside their training set', 'whether fine structures can be trusted'],
    method: ['an unrolled optimiser with certified layers', 'a variational approach with two penalties'],
    data: ['phantoms with known defects', 'anonymised scans of volunteers'],
    finding: ['artefacts can be predicted from the residual', 'a tenth of the projections is sufficient'],
    use: ['faster scanners with quantified uncertainty', 'non-destructive testing on site'],
  },
  {
    system: ['foraging groups of animals', 'flocks that avoid predators'],
    matter: ['conservation', 'the design of robot swarms'],
    gap: ['how individuals weigh private and social information', 'who leads when nobody knows the way'],
    method: ['an inference scheme on pairwise interactions', 'an agent-based model with limited vision'],
    data: ['tracks of tagged birds', 'overhead videos of fish schools'],
    finding: [
      'a handful of neighbours determines each turn',
      'disagreement is resolved by the hungriest members',
    ],
    use: ['the protection of migratory stopovers', 'decentralised control with few messages'],
  },
  {
    system: ['markets with strategic bidders', 'auctions for renewable power'],
    matter: ['the regulation of energy', 'the allocation of radio spectrum'],
    gap: ['whether truthful rules survive repeated play', 'how much efficiency is lost to collusion'],
    method: ['a mechanism with delayed payments', 'a structural model of bidding'],
    data: ['bids of several national auctions', 'laboratory sessions with students'],
    finding: [
      'delays weaken collusion at almost no cost',
      'small bidders gain when reserve prices are public',
    ],
    use: ['the reform of capacity markets', 'automatic detection of cartels'],
  },
  {
    system: ['concurrent data structures', 'programs with relaxed memory'],
    matter: ['the reliability of operating systems', 'efficient use of many cores'],
    gap: ['which orderings are really needed', 'how to find races that occur once in a million runs'],
    method: [
      'a model checker that prunes equivalent executions',
      'a type system with fractional permissions',
    ],
    data: ['a suite of lock-free queues', 'bug reports from two large code bases'],
    finding: ['most fences can be removed safely', 'the majority of races needs no more than three threads'],
    use: ['compilers that weaken orderings automatically', 'the teaching of parallel programming'],
  },
  {
    system: ['glacial lakes in high mountains', 'seasonal snow packs'],
    matter: ['the supply of drinking water', 'the safety of settlements downstream'],
    gap: ['how fast moraines lose their strength', 'when melt water reaches the valley'],
    method: ['radar interferometry with short baselines', 'a coupled model of heat and seepage'],
    data: ['images from three decades', 'field surveys of remote basins'],
    finding: ['warm rain matters more than mean temperature', 'drainage begins weeks before it can be seen'],
    use: ['hazard maps that are updated monthly', 'the operation of small reservoirs'],
  },
];
