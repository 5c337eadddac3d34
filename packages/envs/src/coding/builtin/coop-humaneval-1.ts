/** Our own problems for which a helper is natural, first part. The tests follow each problem. */
export const coopHumanEvalProblems1 = `
### problem
from typing import List


def digit_root_total(numbers: List[int]) -> int:
    """The digital root of a number comes from adding its digits again and again until one digit
    is left. Return the sum of the digital roots of all numbers; none is negative.

    >>> digit_root_total([38, 9])
    11
    >>> digit_root_total([])
    0
    """
# tests
assert candidate([38, 9]) == 11
assert candidate([]) == 0
assert candidate([12345]) == 6
assert candidate([0, 10, 99]) == 10
assert candidate([999999, 1]) == 10
### problem
from typing import List


def abundant_up_to(limit: int) -> List[int]:
    """A number is abundant when its divisors other than itself add up to more than the number.
    Return all abundant numbers from 1 to limit in ascending order.

    >>> abundant_up_to(20)
    [12, 18, 20]
    >>> abundant_up_to(11)
    []
    """
# tests
assert candidate(20) == [12, 18, 20]
assert candidate(11) == []
assert candidate(12) == [12]
assert candidate(40) == [12, 18, 20, 24, 30, 36, 40]
assert candidate(0) == []
### problem
from typing import List


def longest_shared_ending(words: List[str]) -> str:
    """Return the longest text with which every word ends. Without words return an empty text.

    >>> longest_shared_ending(['walking', 'talking', 'king'])
    'king'
    >>> longest_shared_ending([])
    ''
    """
# tests
assert candidate(['walking', 'talking', 'king']) == 'king'
assert candidate([]) == ''
assert candidate(['stone']) == 'stone'
assert candidate(['red', 'blue']) == ''
assert candidate(['ab', 'b', 'cab']) == 'b'
### problem
def shift_letters(word: str, step: int) -> str:
    """Move every small letter of word forward by step places in the alphabet, from z on to a again.
    Everything else stays as it is. The step may be negative.

    >>> shift_letters('xyz', 3)
    'abc'
    >>> shift_letters('Hello!', -1)
    'Hdkkn!'
    """
# tests
assert candidate('xyz', 3) == 'abc'
assert candidate('Hello!', -1) == 'Hdkkn!'
assert candidate('', 5) == ''
assert candidate('abc', 26) == 'abc'
assert candidate('a b', 27) == 'b c'
### problem
from typing import List


def balanced_groups(readings: List[int], length: int) -> int:
    """Split readings into consecutive groups of the given length; an incomplete last group is left
    out. Return how many groups have as many even as odd readings.

    >>> balanced_groups([1, 2, 3, 5, 4, 7], 2)
    2
    >>> balanced_groups([2, 4, 6, 8], 4)
    0
    """
# tests
assert candidate([1, 2, 3, 5, 4, 7], 2) == 2
assert candidate([2, 4, 6, 8], 4) == 0
assert candidate([], 2) == 0
assert candidate([1, 2, 3, 4, 9], 4) == 1
assert candidate([1, 2, 2, 1], 2) == 2
### problem
def count_prime_gaps(limit: int, gap: int) -> int:
    """Return how many pairs of neighbouring prime numbers up to limit differ by exactly gap.

    >>> count_prime_gaps(20, 2)
    4
    >>> count_prime_gaps(10, 1)
    1
    """
# tests
assert candidate(20, 2) == 4
assert candidate(10, 1) == 1
assert candidate(2, 1) == 0
assert candidate(100, 6) == 7
assert candidate(30, 4) == 3
### problem
def mirror_sentence(sentence: str) -> str:
    """Turn every word round that is no palindrome, letter case aside, and leave palindromes as they
    are. Words are separated by single spaces.

    >>> mirror_sentence('Anna has a cat')
    'Anna sah a tac'
    >>> mirror_sentence('')
    ''
    """
# tests
assert candidate('Anna has a cat') == 'Anna sah a tac'
assert candidate('') == ''
assert candidate('noon') == 'noon'
assert candidate('Level up now') == 'Level pu won'
assert candidate('ab ba aba') == 'ba ab aba'
### problem
def clock_after(start: str, minutes: int) -> str:
    """Given a time of day as HH:MM, return the time that many minutes later, again as HH:MM. Days wrap
    round, and the minutes may be negative.

    >>> clock_after('23:50', 20)
    '00:10'
    >>> clock_after('08:05', -10)
    '07:55'
    """
# tests
assert candidate('23:50', 20) == '00:10'
assert candidate('08:05', -10) == '07:55'
assert candidate('00:00', 0) == '00:00'
assert candidate('12:30', 1440) == '12:30'
assert candidate('00:10', -30) == '23:40'
### problem
from typing import List


def heaviest_row(grid: List[List[int]]) -> int:
    """The weight of a row is the sum of the absolute differences of its neighbouring cells. Return the
    index of the first row with the largest weight, or -1 for an empty grid.

    >>> heaviest_row([[1, 1, 1], [1, 5, 1]])
    1
    >>> heaviest_row([])
    -1
    """
# tests
assert candidate([[1, 1, 1], [1, 5, 1]]) == 1
assert candidate([]) == -1
assert candidate([[3]]) == 0
assert candidate([[0, 4], [4, 0]]) == 0
assert candidate([[1, 2, 3], [9, 9], [5, 1]]) == 2
### problem
def squeeze_runs(text: str) -> str:
    """Write every run of two or more equal characters as the character followed by the length of the
    run; single characters stay alone.

    >>> squeeze_runs('aaabcc')
    'a3bc2'
    >>> squeeze_runs('')
    ''
    """
# tests
assert candidate('aaabcc') == 'a3bc2'
assert candidate('') == ''
assert candidate('xyz') == 'xyz'
assert candidate('zzzzzzzzzzzz') == 'z12'
assert candidate('aabbaa') == 'a2b2a2'
### problem
from typing import List


def harshad_between(low: int, high: int) -> List[int]:
    """A Harshad number can be divided by the sum of its digits. Return all Harshad numbers from low to
    high, both included and both positive.

    >>> harshad_between(10, 20)
    [10, 12, 18, 20]
    >>> harshad_between(13, 17)
    []
    """
# tests
assert candidate(10, 20) == [10, 12, 18, 20]
assert candidate(13, 17) == []
assert candidate(1, 5) == [1, 2, 3, 4, 5]
assert candidate(100, 112) == [100, 102, 108, 110, 111, 112]
assert candidate(9, 9) == [9]
### problem
from typing import List


def rank_by_vowels(words: List[str]) -> List[str]:
    """Return the words with the most vowels (a, e, i, o, u in any case) first. Words with equally many
    vowels stay in alphabetical order.

    >>> rank_by_vowels(['sky', 'area', 'tree'])
    ['area', 'tree', 'sky']
    >>> rank_by_vowels([])
    []
    """
# tests
assert candidate(['sky', 'area', 'tree']) == ['area', 'tree', 'sky']
assert candidate([]) == []
assert candidate(['b', 'a']) == ['a', 'b']
assert candidate(['Oak', 'elm', 'IOU']) == ['IOU', 'Oak', 'elm']
assert candidate(['zoo', 'egg', 'eel']) == ['eel', 'zoo', 'egg']
### problem
from typing import List


def steps_to_one(numbers: List[int]) -> List[int]:
    """From a positive number go on to half of it if it is even, else to three times the number plus
    one. Return for each number how many steps it takes to reach 1.

    >>> steps_to_one([6, 1])
    [8, 0]
    >>> steps_to_one([])
    []
    """
# tests
assert candidate([6, 1]) == [8, 0]
assert candidate([]) == []
assert candidate([7]) == [16]
assert candidate([2, 4, 8]) == [1, 2, 3]
assert candidate([27]) == [111]
### problem
from typing import List, Tuple


def merge_bookings(bookings: List[Tuple[int, int]]) -> List[Tuple[int, int]]:
    """A booking is a pair of start and end with start < end. Join bookings that overlap or touch, and
    return what is left in the order of their starts.

    >>> merge_bookings([(1, 3), (2, 5), (8, 9)])
    [(1, 5), (8, 9)]
    >>> merge_bookings([])
    []
    """
# tests
assert candidate([(1, 3), (2, 5), (8, 9)]) == [(1, 5), (8, 9)]
assert candidate([]) == []
assert candidate([(4, 6), (1, 4)]) == [(1, 6)]
assert candidate([(1, 10), (2, 3)]) == [(1, 10)]
assert candidate([(5, 6), (1, 2), (3, 4)]) == [(1, 2), (3, 4), (5, 6)]
### problem
from typing import List


def valid_plates(plates: List[str]) -> int:
    """A number plate is valid when it has two capital letters, a hyphen and then one to four digits of
    which the first is not 0. Return how many plates are valid.

    >>> valid_plates(['AB-12', 'ab-1', 'XY-012'])
    1
    >>> valid_plates([])
    0
    """
# tests
assert candidate(['AB-12', 'ab-1', 'XY-012']) == 1
assert candidate([]) == 0
assert candidate(['QZ-9999', 'QZ-10000']) == 1
assert candidate(['A-1', 'AB12', 'CD-']) == 0
assert candidate(['ZZ-1', 'AA-10', 'B1-5']) == 2
### problem
from typing import Dict, List, Tuple


def triangle_kinds(sides: List[Tuple[int, int, int]]) -> Dict[str, int]:
    """Count how many of the given triples are sides of an equilateral, an isosceles or a scalene
    triangle, and how many of none. The result has the keys equilateral, isosceles, scalene and none.

    >>> triangle_kinds([(3, 3, 3), (3, 4, 5), (1, 2, 3)])
    {'equilateral': 1, 'isosceles': 0, 'scalene': 1, 'none': 1}
    >>> triangle_kinds([])
    {'equilateral': 0, 'isosceles': 0, 'scalene': 0, 'none': 0}
    """
# tests
assert candidate([(3, 3, 3), (3, 4, 5), (1, 2, 3)]) == {'equilateral': 1, 'isosceles': 0, 'scalene': 1, 'none': 1}
assert candidate([]) == {'equilateral': 0, 'isosceles': 0, 'scalene': 0, 'none': 0}
assert candidate([(2, 2, 3), (2, 2, 4)]) == {'equilateral': 0, 'isosceles': 1, 'scalene': 0, 'none': 1}
assert candidate([(0, 0, 0)]) == {'equilateral': 0, 'isosceles': 0, 'scalene': 0, 'none': 1}
assert candidate([(5, 5, 5), (7, 7, 1), (4, 5, 6)]) == {'equilateral': 1, 'isosceles': 1, 'scalene': 1, 'none': 0}
### problem
from typing import List


def binary_ones_sorted(numbers: List[int]) -> List[int]:
    """Sort numbers that are not negative by how many ones they have in binary, and equal ones by their
    value.

    >>> binary_ones_sorted([3, 4, 1])
    [1, 4, 3]
    >>> binary_ones_sorted([])
    []
    """
# tests
assert candidate([3, 4, 1]) == [1, 4, 3]
assert candidate([]) == []
assert candidate([7, 8, 6]) == [8, 6, 7]
assert candidate([0, 15, 16, 2]) == [0, 2, 16, 15]
assert candidate([5, 3, 9]) == [3, 5, 9]
### problem
from typing import List


def cash_change(amount: int, coins: List[int]) -> List[int]:
    """Pay an amount by taking the largest coin that still fits, over and over. Return the coins in the
    order in which they are taken, or an empty list if some amount is left in the end.

    >>> cash_change(63, [1, 5, 10, 25])
    [25, 25, 10, 1, 1, 1]
    >>> cash_change(7, [5])
    []
    """
# tests
assert candidate(63, [1, 5, 10, 25]) == [25, 25, 10, 1, 1, 1]
assert candidate(7, [5]) == []
assert candidate(0, [1]) == []
assert candidate(30, [10, 25, 1]) == [25, 1, 1, 1, 1, 1]
assert candidate(4, [2, 3]) == []
### problem
def spiral_sum(size: int) -> int:
    """Write 1, 2, 3, ... in a spiral from the middle of a square with an odd number of cells per side.
    Return the sum of the numbers on both diagonals.

    >>> spiral_sum(3)
    25
    >>> spiral_sum(5)
    101
    """
# tests
assert candidate(3) == 25
assert candidate(5) == 101
assert candidate(1) == 1
assert candidate(7) == 261
assert candidate(11) == 961
### problem
from typing import List


def expand_ranges(text: str) -> List[int]:
    """A text holds numbers and ranges such as 2-5, separated by commas. Return all numbers that it
    stands for, in its order. No number is negative.

    >>> expand_ranges('1,3-5')
    [1, 3, 4, 5]
    >>> expand_ranges('7')
    [7]
    """
# tests
assert candidate('1,3-5') == [1, 3, 4, 5]
assert candidate('7') == [7]
assert candidate('2-2,1') == [2, 1]
assert candidate('10-12,0-1') == [10, 11, 12, 0, 1]
assert candidate('5,4,3') == [5, 4, 3]
`;
