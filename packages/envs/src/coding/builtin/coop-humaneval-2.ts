/** Our own problems for which a helper is natural, second part. The tests follow each problem. */
export const coopHumanEvalProblems2 = `
### problem
def best_streak(results: str) -> int:
    """A season is a text of W (won), D (drawn) and L (lost). A win gives 3 points, a draw 1. Return the
    most points that were made in a stretch without a lost match.

    >>> best_streak('WDLWW')
    6
    >>> best_streak('')
    0
    """
# tests
assert candidate('WDLWW') == 6
assert candidate('') == 0
assert candidate('LLL') == 0
assert candidate('DDDDLW') == 4
assert candidate('WWWLWWDD') == 9
### problem
from typing import List


def common_divisor_pairs(numbers: List[int]) -> int:
    """Return how many pairs of positive numbers at different places have no divisor in common but 1.

    >>> common_divisor_pairs([2, 3, 4])
    2
    >>> common_divisor_pairs([])
    0
    """
# tests
assert candidate([2, 3, 4]) == 2
assert candidate([]) == 0
assert candidate([6, 10, 15]) == 0
assert candidate([1, 1, 1]) == 3
assert candidate([7, 14, 9, 8]) == 4
### problem
from typing import List


def title_words(text: str, small: List[str]) -> str:
    """Write every word with a capital first letter and the rest small, but leave the words of the list
    small all small, unless one stands at the very beginning. Words are separated by single spaces.

    >>> title_words('the lord OF the rings', ['of', 'the'])
    'The Lord of the Rings'
    >>> title_words('', [])
    ''
    """
# tests
assert candidate('the lord OF the rings', ['of', 'the']) == 'The Lord of the Rings'
assert candidate('', []) == ''
assert candidate('war and peace', ['and']) == 'War and Peace'
assert candidate('OF mice', ['of']) == 'Of Mice'
assert candidate('a b c', ['b']) == 'A b C'
### problem
from typing import List


def island_sizes(cells: str) -> List[int]:
    """A coast is a text of # (land) and . (water). Return the lengths of all pieces of land, the longest
    first.

    >>> island_sizes('##.#..###')
    [3, 2, 1]
    >>> island_sizes('')
    []
    """
# tests
assert candidate('##.#..###') == [3, 2, 1]
assert candidate('') == []
assert candidate('....') == []
assert candidate('#') == [1]
assert candidate('.##.##.') == [2, 2]
### problem
from typing import List


def narcissistic_numbers(digits: int) -> List[int]:
    """A number with n digits is narcissistic when the n-th powers of its digits add up to the number.
    Return all narcissistic numbers with exactly that many digits, without 0.

    >>> narcissistic_numbers(3)
    [153, 370, 371, 407]
    >>> narcissistic_numbers(2)
    []
    """
# tests
assert candidate(3) == [153, 370, 371, 407]
assert candidate(2) == []
assert candidate(1) == [1, 2, 3, 4, 5, 6, 7, 8, 9]
assert candidate(4) == [1634, 8208, 9474]
### problem
from typing import List


def closest_to_mean(numbers: List[int]) -> int:
    """Return the number that is closest to the mean of all numbers. If two are equally close, return the
    smaller one. There is at least one number.

    >>> closest_to_mean([1, 2, 6])
    2
    >>> closest_to_mean([5])
    5
    """
# tests
assert candidate([1, 2, 6]) == 2
assert candidate([5]) == 5
assert candidate([1, 3]) == 1
assert candidate([10, 0, 4, 6]) == 4
assert candidate([-5, 5, 1]) == 1
### problem
from typing import Dict, List


def acronym_index(phrases: List[str]) -> Dict[str, List[str]]:
    """The acronym of a phrase is made of the capital first letters of its words. Return for each acronym
    the phrases that have it, in their order.

    >>> acronym_index(['red sea', 'rough stone', 'old oak'])
    {'RS': ['red sea', 'rough stone'], 'OO': ['old oak']}
    >>> acronym_index([])
    {}
    """
# tests
assert candidate(['red sea', 'rough stone', 'old oak']) == {'RS': ['red sea', 'rough stone'], 'OO': ['old oak']}
assert candidate([]) == {}
assert candidate(['one']) == {'O': ['one']}
assert candidate(['a b', 'A B']) == {'AB': ['a b', 'A B']}
assert candidate(['by the way', 'big tall wall']) == {'BTW': ['by the way', 'big tall wall']}
### problem
def leap_days(first: int, last: int) -> int:
    """Return how many leap days there are in the years from first to last, both included. Years that can
    be divided by 4 have one, but of the full centuries only those that can be divided by 400.

    >>> leap_days(1996, 2004)
    3
    >>> leap_days(1900, 1900)
    0
    """
# tests
assert candidate(1996, 2004) == 3
assert candidate(1900, 1900) == 0
assert candidate(2000, 2000) == 1
assert candidate(2001, 2003) == 0
assert candidate(1890, 1910) == 4
### problem
from typing import List, Tuple


def bowling_score(rolls: List[Tuple[int, int]]) -> int:
    """Every frame is a pair of rolls. A frame scores its pins, and a frame of 10 pins also the pins of
    the first roll of the next frame, if there is one. Return the total.

    >>> bowling_score([(5, 5), (3, 4)])
    20
    >>> bowling_score([])
    0
    """
# tests
assert candidate([(5, 5), (3, 4)]) == 20
assert candidate([]) == 0
assert candidate([(10, 0), (10, 0)]) == 30
assert candidate([(1, 2), (3, 4)]) == 10
assert candidate([(6, 4), (7, 3), (2, 0)]) == 31
### problem
from typing import List


def anagram_pairs(words: List[str]) -> int:
    """Return how many pairs of words at different places have exactly the same letters, case aside.

    >>> anagram_pairs(['tea', 'eat', 'Ate', 'dog'])
    3
    >>> anagram_pairs([])
    0
    """
# tests
assert candidate(['tea', 'eat', 'Ate', 'dog']) == 3
assert candidate([]) == 0
assert candidate(['a', 'b']) == 0
assert candidate(['ab', 'ba', 'ab']) == 3
assert candidate(['Listen', 'silent']) == 1
### problem
from typing import List, Tuple


def polygon_doubled_area(points: List[Tuple[int, int]]) -> int:
    """Return twice the area of the polygon with these corners, given in order around it. Fewer than three
    points have no area.

    >>> polygon_doubled_area([(0, 0), (4, 0), (0, 3)])
    12
    >>> polygon_doubled_area([(1, 1), (2, 2)])
    0
    """
# tests
assert candidate([(0, 0), (4, 0), (0, 3)]) == 12
assert candidate([(1, 1), (2, 2)]) == 0
assert candidate([(0, 0), (0, 2), (2, 2), (2, 0)]) == 8
assert candidate([(0, 0), (1, 1), (2, 2)]) == 0
assert candidate([(1, 0), (3, 1), (2, 4), (0, 2)]) == 13
### problem
def decode_pairs(code: str) -> str:
    """A code is made of pairs of a digit and a character, such as 3a2b. Return the text in which each
    character is repeated as often as its digit says. If the code is not made of such pairs, return an
    empty text.

    >>> decode_pairs('3a2b')
    'aaabb'
    >>> decode_pairs('a3')
    ''
    """
# tests
assert candidate('3a2b') == 'aaabb'
assert candidate('a3') == ''
assert candidate('') == ''
assert candidate('0x1y') == 'y'
assert candidate('2a3') == ''
### problem
from typing import List


def odd_one_out(rows: List[List[int]]) -> int:
    """All rows but one have the same sum. Return the index of the row that differs; there are at least
    three rows.

    >>> odd_one_out([[1, 2], [3], [4, 0]])
    2
    >>> odd_one_out([[1], [1], [2]])
    2
    """
# tests
assert candidate([[1, 2], [3], [4, 0]]) == 2
assert candidate([[1], [1], [2]]) == 2
assert candidate([[5], [2, 3], [1, 1]]) == 2
assert candidate([[0], [9], [0], [0]]) == 1
assert candidate([[], [0], [1]]) == 2
### problem
def password_strength(password: str) -> int:
    """Give one point each for a small letter, a capital letter, a digit, another character, and a length
    of at least 8. Return the points, but 0 if three equal characters follow each other.

    >>> password_strength('abcDEF12!')
    5
    >>> password_strength('aaaB1!')
    0
    """
# tests
assert candidate('abcDEF12!') == 5
assert candidate('aaaB1!') == 0
assert candidate('') == 0
assert candidate('abc') == 1
assert candidate('A1b2-C3d4') == 5
### problem
from typing import List


def columns_in_order(grid: List[List[int]]) -> List[int]:
    """Return the indices of the columns whose values rise from top to bottom, equal neighbours not
    allowed. All rows have the same length.

    >>> columns_in_order([[1, 5], [2, 4]])
    [0]
    >>> columns_in_order([])
    []
    """
# tests
assert candidate([[1, 5], [2, 4]]) == [0]
assert candidate([]) == []
assert candidate([[3, 1, 2]]) == [0, 1, 2]
assert candidate([[1, 1], [1, 2], [1, 3]]) == [1]
assert candidate([[0, 9, 1], [1, 8, 2], [2, 9, 3]]) == [0, 2]
### problem
from typing import List, Tuple


def friendly_pairs(limit: int) -> List[Tuple[int, int]]:
    """Two different numbers are friends when the proper divisors of each add up to the other. Return all
    pairs of friends up to limit, the smaller one first, in ascending order.

    >>> friendly_pairs(300)
    [(220, 284)]
    >>> friendly_pairs(100)
    []
    """
# tests
assert candidate(300) == [(220, 284)]
assert candidate(100) == []
assert candidate(1300) == [(220, 284), (1184, 1210)]
assert candidate(219) == []
assert candidate(284) == [(220, 284)]
### problem
from typing import List


def seat_rows(names: List[str], width: int) -> List[str]:
    """Put names into rows of at most width characters, separated by single spaces, without changing their
    order. A name is never longer than the width. Return the rows.

    >>> seat_rows(['Ann', 'Bob', 'Cy'], 7)
    ['Ann Bob', 'Cy']
    >>> seat_rows([], 5)
    []
    """
# tests
assert candidate(['Ann', 'Bob', 'Cy'], 7) == ['Ann Bob', 'Cy']
assert candidate([], 5) == []
assert candidate(['Eve'], 3) == ['Eve']
assert candidate(['ab', 'cd', 'ef', 'gh'], 5) == ['ab cd', 'ef gh']
assert candidate(['abcde', 'f', 'g'], 5) == ['abcde', 'f g']
### problem
from typing import List, Tuple


def fraction_sum(fractions: List[Tuple[int, int]]) -> Tuple[int, int]:
    """Add fractions, given as pairs of a numerator and a positive denominator, and return the sum in
    lowest terms. Without fractions the sum is (0, 1).

    >>> fraction_sum([(1, 2), (1, 3)])
    (5, 6)
    >>> fraction_sum([])
    (0, 1)
    """
# tests
assert candidate([(1, 2), (1, 3)]) == (5, 6)
assert candidate([]) == (0, 1)
assert candidate([(2, 4)]) == (1, 2)
assert candidate([(1, 2), (-1, 2)]) == (0, 1)
assert candidate([(1, 6), (1, 3), (1, 2)]) == (1, 1)
### problem
from typing import List


def sliding_medians(numbers: List[int], width: int) -> List[int]:
    """Return the median of every stretch of width neighbouring numbers; the width is odd.

    >>> sliding_medians([3, 1, 2, 5], 3)
    [2, 2]
    >>> sliding_medians([4, 4], 1)
    [4, 4]
    """
# tests
assert candidate([3, 1, 2, 5], 3) == [2, 2]
assert candidate([4, 4], 1) == [4, 4]
assert candidate([1, 2], 3) == []
assert candidate([9, 1, 8, 2, 7], 5) == [7]
assert candidate([5, 3, 5, 3, 5], 3) == [5, 3, 5]
`;
