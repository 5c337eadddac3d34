/** Our own problems for which a helper is natural, third part. The tests follow each problem. */
export const coopHumanEvalProblems3 = `
### problem
from typing import List


def word_ladder_ok(words: List[str]) -> bool:
    """Return True if every word differs from the one before it in exactly one letter, at equal length.

    >>> word_ladder_ok(['cold', 'cord', 'card'])
    True
    >>> word_ladder_ok(['cat', 'dog'])
    False
    """
# tests
assert candidate(['cold', 'cord', 'card']) == True
assert candidate(['cat', 'dog']) == False
assert candidate([]) == True
assert candidate(['one']) == True
assert candidate(['aa', 'ab', 'abc']) == False
### problem
from typing import List


def shelf_plan(heights: List[int], limit: int) -> int:
    """Boxes are stacked one on the other in the given order; when a box would make its stack higher than
    limit, a new stack begins. No box is higher than limit. Return how many stacks there are.

    >>> shelf_plan([3, 4, 5], 7)
    2
    >>> shelf_plan([], 5)
    0
    """
# tests
assert candidate([3, 4, 5], 7) == 2
assert candidate([], 5) == 0
assert candidate([5, 5, 5], 5) == 3
assert candidate([1, 1, 1, 1], 2) == 2
assert candidate([2, 6, 3, 3], 8) == 2
### problem
from typing import List


def roman_total(numerals: List[str]) -> int:
    """Return the sum of valid Roman numerals, made of I, V, X, L and C.

    >>> roman_total(['IX', 'XL'])
    49
    >>> roman_total([])
    0
    """
# tests
assert candidate(['IX', 'XL']) == 49
assert candidate([]) == 0
assert candidate(['LXXXVIII']) == 88
assert candidate(['XCIX', 'I']) == 100
assert candidate(['IV', 'VI', 'CL']) == 160
### problem
from typing import List


def peak_days(temperatures: List[int]) -> List[int]:
    """A day is a peak when it is warmer than the day before and the day after; the first and the last day
    are none. Return the indices of the peaks, warmest first, earlier ones first among equals.

    >>> peak_days([1, 3, 2, 5, 4])
    [3, 1]
    >>> peak_days([])
    []
    """
# tests
assert candidate([1, 3, 2, 5, 4]) == [3, 1]
assert candidate([]) == []
assert candidate([1, 2]) == []
assert candidate([5, 4, 5]) == []
assert candidate([0, 7, 0, 7, 0, 9, 1]) == [5, 1, 3]
### problem
from typing import Dict, List


def split_bill(orders: Dict[str, List[int]], tip: int) -> Dict[str, int]:
    """Each guest pays the prices of the own orders and a tip in per cent of them, rounded down to whole
    coins. Return what each guest pays.

    >>> split_bill({'ann': [10, 20], 'bob': [15]}, 10)
    {'ann': 33, 'bob': 16}
    >>> split_bill({}, 5)
    {}
    """
# tests
assert candidate({'ann': [10, 20], 'bob': [15]}, 10) == {'ann': 33, 'bob': 16}
assert candidate({}, 5) == {}
assert candidate({'cy': []}, 20) == {'cy': 0}
assert candidate({'di': [99]}, 0) == {'di': 99}
assert candidate({'ed': [33, 34], 'flo': [1]}, 15) == {'ed': 77, 'flo': 1}
### problem
def sum_of_pronic(limit: int) -> int:
    """A pronic number is the product of two consecutive whole numbers, such as 0, 2, 6 and 12. Return the
    sum of all pronic numbers up to limit.

    >>> sum_of_pronic(12)
    20
    >>> sum_of_pronic(1)
    0
    """
# tests
assert candidate(12) == 20
assert candidate(1) == 0
assert candidate(0) == 0
assert candidate(30) == 70
assert candidate(100) == 330
### problem
from typing import List


def interleave_sorted(left: List[int], right: List[int]) -> List[int]:
    """Both lists are sorted. Return one sorted list with the numbers that stand in exactly one of them,
    each once.

    >>> interleave_sorted([1, 2, 3], [2, 4])
    [1, 3, 4]
    >>> interleave_sorted([], [])
    []
    """
# tests
assert candidate([1, 2, 3], [2, 4]) == [1, 3, 4]
assert candidate([], []) == []
assert candidate([1, 1], []) == [1]
assert candidate([5, 6], [5, 6]) == []
assert candidate([0, 9], [3, 9, 12]) == [0, 3, 12]
### problem
def robot_distance(moves: str) -> int:
    """A robot starts at the origin and looks north. F takes it one step forward, L and R turn it by a
    quarter. Return how many steps it is away in the end, measured along the streets.

    >>> robot_distance('FFRF')
    3
    >>> robot_distance('')
    0
    """
# tests
assert candidate('FFRF') == 3
assert candidate('') == 0
assert candidate('FRFRFRF') == 0
assert candidate('LLFF') == 2
assert candidate('RFLFRF') == 3
### problem
from typing import Dict, List


def share_seats(votes: List[str], seats: int) -> Dict[str, int]:
    """Give out seats one after the other, each to the party with the largest votes divided by (its seats
    so far + 1); among equals the first in the alphabet gets it. Return the seats of all parties that
    got a vote.

    >>> share_seats(['a', 'a', 'b'], 3)
    {'a': 2, 'b': 1}
    >>> share_seats([], 2)
    {}
    """
# tests
assert candidate(['a', 'a', 'b'], 3) == {'a': 2, 'b': 1}
assert candidate([], 2) == {}
assert candidate(['x'], 2) == {'x': 2}
assert candidate(['p', 'q'], 1) == {'p': 1, 'q': 0}
assert candidate(['a', 'a', 'a', 'a', 'b', 'b', 'c'], 4) == {'a': 3, 'b': 1, 'c': 0}
### problem
def caesar_guess(text: str) -> str:
    """A text of small letters and spaces was moved through the alphabet. Undo it by the shift that makes
    the most frequent letter an e; among equally frequent letters the first in the alphabet counts.
    A text without letters stays as it is.

    >>> caesar_guess('uhhv')
    'rees'
    >>> caesar_guess('')
    ''
    """
# tests
assert candidate('uhhv') == 'rees'
assert candidate('') == ''
assert candidate('abc') == 'efg'
assert candidate('xffu xf') == 'weet we'
assert candidate('zzz a') == 'eee f'
### problem
from typing import List


def snake_path(grid: List[List[int]]) -> List[int]:
    """Read a grid row by row, the first from left to right, the next from right to left, and so on, and
    return the values in that order.

    >>> snake_path([[1, 2], [3, 4]])
    [1, 2, 4, 3]
    >>> snake_path([])
    []
    """
# tests
assert candidate([[1, 2], [3, 4]]) == [1, 2, 4, 3]
assert candidate([]) == []
assert candidate([[5]]) == [5]
assert candidate([[1, 2, 3], [4, 5, 6], [7, 8, 9]]) == [1, 2, 3, 6, 5, 4, 7, 8, 9]
assert candidate([[1], [2], [3]]) == [1, 2, 3]
### problem
def missing_letters(sentence: str) -> str:
    """Return the small letters from a to z that do not occur in the sentence in either case, in
    alphabetical order.

    >>> missing_letters('The quick brown fox jumps over a dog')
    'lyz'
    >>> missing_letters('abcdefghijklmnopqrstuvwxyz')
    ''
    """
# tests
assert candidate('The quick brown fox jumps over a dog') == 'lyz'
assert candidate('abcdefghijklmnopqrstuvwxyz') == ''
assert candidate('') == 'abcdefghijklmnopqrstuvwxyz'
assert candidate('Pack my box with five dozen liquor jugs') == ''
assert candidate('aeiou AEIOU') == 'bcdfghjklmnpqrstvwxyz'
### problem
from typing import List


def longest_climb(heights: List[int]) -> int:
    """A climb is a stretch of neighbouring heights that rise all the way. Return the difference between
    the end and the start of the climb that gains most, or 0.

    >>> longest_climb([1, 4, 2, 3, 9])
    7
    >>> longest_climb([])
    0
    """
# tests
assert candidate([1, 4, 2, 3, 9]) == 7
assert candidate([]) == 0
assert candidate([5, 4, 3]) == 0
assert candidate([1, 2, 3, 4]) == 3
assert candidate([0, 10, 1, 12]) == 11
### problem
from typing import List


def check_isbn(codes: List[str]) -> List[bool]:
    """A code of ten characters is valid when its digits, weighted by 10, 9, ..., 1, add up to a multiple
    of 11. The last character may be X, which counts 10. Hyphens are ignored. Return for each code
    whether it is valid.

    >>> check_isbn(['0-306-40615-2', '0-306-40615-3'])
    [True, False]
    >>> check_isbn([])
    []
    """
# tests
assert candidate(['0-306-40615-2', '0-306-40615-3']) == [True, False]
assert candidate([]) == []
assert candidate(['080442957X']) == [True]
assert candidate(['12345', 'ABCDEFGHIJ']) == [False, False]
assert candidate(['0000000000', 'X000000000']) == [True, False]
### problem
from typing import List


def group_by_length(words: List[str]) -> List[List[str]]:
    """Put words of equal length into one group each, shortest first. Within a group words are in
    alphabetical order and occur once.

    >>> group_by_length(['bb', 'a', 'aa', 'a'])
    [['a'], ['aa', 'bb']]
    >>> group_by_length([])
    []
    """
# tests
assert candidate(['bb', 'a', 'aa', 'a']) == [['a'], ['aa', 'bb']]
assert candidate([]) == []
assert candidate(['word']) == [['word']]
assert candidate(['c', 'b', 'a']) == [['a', 'b', 'c']]
assert candidate(['', 'xyz', 'ab', 'abc']) == [[''], ['ab'], ['abc', 'xyz']]
### problem
from typing import List


def water_level(rain: List[int], capacity: int, drain: int) -> List[int]:
    """A tank starts empty. Every hour the rain is added, what is above capacity is lost, and then drain is
    taken out as far as there is water. Return the level after every hour.

    >>> water_level([5, 0, 9], 10, 2)
    [3, 1, 8]
    >>> water_level([], 5, 1)
    []
    """
# tests
assert candidate([5, 0, 9], 10, 2) == [3, 1, 8]
assert candidate([], 5, 1) == []
assert candidate([20], 10, 0) == [10]
assert candidate([1, 1], 10, 3) == [0, 0]
assert candidate([4, 4, 4], 6, 1) == [3, 5, 5]
### problem
from typing import List


def self_describing(numbers: List[int]) -> List[int]:
    """A number describes itself when its first digit says how many zeros it has, the second how many ones,
    and so on. Return those of the positive numbers that describe themselves.

    >>> self_describing([1210, 1211, 2020])
    [1210, 2020]
    >>> self_describing([])
    []
    """
# tests
assert candidate([1210, 1211, 2020]) == [1210, 2020]
assert candidate([]) == []
assert candidate([21200, 3211000]) == [21200, 3211000]
assert candidate([10, 22]) == []
assert candidate([1, 2, 42101000]) == [42101000]
### problem
from typing import Dict, List


def tournament_rounds(players: List[str], skill: Dict[str, int]) -> List[str]:
    """Neighbours play against each other; the one with more skill goes on, the first of the two if both are
    equal. A last player without a partner goes on too. Return the winners of all rounds, one round
    after the other, until one player is left.

    >>> tournament_rounds(['a', 'b', 'c'], {'a': 1, 'b': 2, 'c': 3})
    ['b', 'c', 'c']
    >>> tournament_rounds([], {})
    []
    """
# tests
assert candidate(['a', 'b', 'c'], {'a': 1, 'b': 2, 'c': 3}) == ['b', 'c', 'c']
assert candidate([], {}) == []
assert candidate(['x'], {'x': 1}) == []
assert candidate(['p', 'q'], {'p': 5, 'q': 5}) == ['p']
assert candidate(['a', 'b', 'c', 'd'], {'a': 4, 'b': 3, 'c': 2, 'd': 9}) == ['a', 'd', 'd']
`;
