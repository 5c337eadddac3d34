/** Our own problems in the style of HumanEval, first part. The tests follow each problem. */
export const humanEvalProblems1 = `
### problem
from typing import List


def clip_all(numbers: List[int], low: int, high: int) -> List[int]:
    """Replace every number below low by low and every number above high by high.

    >>> clip_all([1, 5, 9], 2, 7)
    [2, 5, 7]
    >>> clip_all([], 0, 1)
    []
    """
# tests
assert candidate([1, 5, 9], 2, 7) == [2, 5, 7]
assert candidate([], 0, 1) == []
assert candidate([-3, 3], -1, 1) == [-1, 1]
assert candidate([4], 4, 4) == [4]
### problem
from typing import List


def keep_two_digit(numbers: List[int]) -> List[int]:
    """Keep the numbers that have exactly two digits; the sign does not count.

    >>> keep_two_digit([5, 10, -42, 100])
    [10, -42]
    >>> keep_two_digit([])
    []
    """
# tests
assert candidate([5, 10, -42, 100]) == [10, -42]
assert candidate([]) == []
assert candidate([99, -9]) == [99]
assert candidate([1000, 11]) == [11]
### problem
from typing import List


def count_capitalised(words: List[str]) -> int:
    """Count the words that begin with a capital letter.

    >>> count_capitalised(['Anna', 'bob', 'Cy'])
    2
    >>> count_capitalised([])
    0
    """
# tests
assert candidate(['Anna', 'bob', 'Cy']) == 2
assert candidate([]) == 0
assert candidate(['', 'X']) == 1
assert candidate(['lower']) == 0
### problem
from typing import List


def sum_of_lengths_without(words: List[str], letter: str) -> int:
    """Add the lengths of all words that do not contain the letter.

    >>> sum_of_lengths_without(['sun', 'moon'], 'm')
    3
    >>> sum_of_lengths_without([], 'a')
    0
    """
# tests
assert candidate(['sun', 'moon'], 'm') == 3
assert candidate([], 'a') == 0
assert candidate(['a', 'b'], 'c') == 2
assert candidate(['xx'], 'x') == 0
### problem
from typing import List


def double_every_other(numbers: List[int]) -> List[int]:
    """Double the numbers at the indices 1, 3, 5 and so on.

    >>> double_every_other([1, 2, 3, 4])
    [1, 4, 3, 8]
    >>> double_every_other([])
    []
    """
# tests
assert candidate([1, 2, 3, 4]) == [1, 4, 3, 8]
assert candidate([]) == []
assert candidate([7]) == [7]
assert candidate([0, -1, 5]) == [0, -2, 5]
### problem
def without_repeats(text: str) -> str:
    """Drop every character that is equal to the one before it.

    >>> without_repeats('aabbc')
    'abc'
    >>> without_repeats('')
    ''
    """
# tests
assert candidate('aabbc') == 'abc'
assert candidate('') == ''
assert candidate('aba') == 'aba'
assert candidate('zzzz') == 'z'
### problem
from typing import List


def celsius_list(fahrenheit: List[int]) -> List[int]:
    """Convert temperatures from Fahrenheit to Celsius, rounded down to whole degrees.

    >>> celsius_list([32, 212])
    [0, 100]
    >>> celsius_list([])
    []
    """
# tests
assert candidate([32, 212]) == [0, 100]
assert candidate([]) == []
assert candidate([0]) == [-18]
assert candidate([100, -40]) == [37, -40]
### problem
from typing import List


def first_over(numbers: List[int], limit: int) -> int:
    """Return the first number whose square is greater than limit, or -1.

    >>> first_over([1, 3, 5], 8)
    3
    >>> first_over([], 0)
    -1
    """
# tests
assert candidate([1, 3, 5], 8) == 3
assert candidate([], 0) == -1
assert candidate([2, 2], 4) == -1
assert candidate([-4, 4], 10) == -4
### problem
from typing import List


def vowel_positions(text: str) -> List[int]:
    """Return the indices of all vowels, a, e, i, o and u in either case.

    >>> vowel_positions('Hello')
    [1, 4]
    >>> vowel_positions('')
    []
    """
# tests
assert candidate('Hello') == [1, 4]
assert candidate('') == []
assert candidate('sky') == []
assert candidate('IOU a') == [0, 1, 2, 4]
### problem
from typing import List


def largest_drop(prices: List[int]) -> int:
    """Return the largest fall from one price to the next, or 0 if no price falls.

    >>> largest_drop([5, 3, 9, 2])
    7
    >>> largest_drop([])
    0
    """
# tests
assert candidate([5, 3, 9, 2]) == 7
assert candidate([]) == 0
assert candidate([1, 2, 3]) == 0
assert candidate([9, 0]) == 9
### problem
from typing import List


def pair_products(numbers: List[int]) -> List[int]:
    """Return the products of neighbouring numbers.

    >>> pair_products([1, 2, 3])
    [2, 6]
    >>> pair_products([])
    []
    """
# tests
assert candidate([1, 2, 3]) == [2, 6]
assert candidate([]) == []
assert candidate([4]) == []
assert candidate([0, 5, -2]) == [0, -10]
### problem
from typing import List


def is_zigzag(numbers: List[int]) -> bool:
    """Return True if the numbers go up and down in turns, in whichever direction they start.

    >>> is_zigzag([1, 3, 2, 4])
    True
    >>> is_zigzag([1, 2, 3])
    False
    """
# tests
assert candidate([1, 3, 2, 4]) == True
assert candidate([1, 2, 3]) == False
assert candidate([]) == True
assert candidate([2, 2]) == False
### problem
from typing import List


def hex_digits_sum(numbers: List[int]) -> int:
    """Add the digits of all numbers as they are written in base 16. No number is negative.

    >>> hex_digits_sum([10, 17])
    12
    >>> hex_digits_sum([])
    0
    """
# tests
assert candidate([10, 17]) == 12
assert candidate([]) == 0
assert candidate([255]) == 30
assert candidate([0, 256]) == 1
### problem
from typing import List


def initials(names: List[str]) -> List[str]:
    """Return the first letters of the parts of each name, each followed by a full stop.

    >>> initials(['Ada Lovelace', 'Alan Turing'])
    ['A.L.', 'A.T.']
    >>> initials([])
    []
    """
# tests
assert candidate(['Ada Lovelace', 'Alan Turing']) == ['A.L.', 'A.T.']
assert candidate([]) == []
assert candidate(['Plato']) == ['P.']
assert candidate(['a b c']) == ['a.b.c.']
### problem
from typing import List


def median_of_three(rows: List[List[int]]) -> List[int]:
    """Return the middle one of the three numbers of each row.

    >>> median_of_three([[3, 1, 2]])
    [2]
    >>> median_of_three([])
    []
    """
# tests
assert candidate([[3, 1, 2]]) == [2]
assert candidate([]) == []
assert candidate([[5, 5, 1], [9, 8, 7]]) == [5, 8]
assert candidate([[0, -1, 1]]) == [0]
### problem
from typing import List


def count_same_ends(words: List[str]) -> int:
    """Count the words that begin and end with the same letter; empty words do not count.

    >>> count_same_ends(['level', 'cat', 'a'])
    2
    >>> count_same_ends([])
    0
    """
# tests
assert candidate(['level', 'cat', 'a']) == 2
assert candidate([]) == 0
assert candidate(['', 'xx']) == 1
assert candidate(['ab']) == 0
### problem
def mask_digits(text: str) -> str:
    """Replace every digit by a # sign.

    >>> mask_digits('call 110')
    'call ###'
    >>> mask_digits('')
    ''
    """
# tests
assert candidate('call 110') == 'call ###'
assert candidate('') == ''
assert candidate('abc') == 'abc'
assert candidate('2024-01-05') == '####-##-##'
### problem
from typing import List


def squares_up_to(limit: int) -> List[int]:
    """Return all square numbers from 1 to limit in ascending order.

    >>> squares_up_to(10)
    [1, 4, 9]
    >>> squares_up_to(0)
    []
    """
# tests
assert candidate(10) == [1, 4, 9]
assert candidate(0) == []
assert candidate(1) == [1]
assert candidate(36) == [1, 4, 9, 16, 25, 36]
### problem
from typing import List


def sum_of_multiples(limit: int, divisors: List[int]) -> int:
    """Add all numbers from 1 to limit that can be divided by at least one of the divisors.

    >>> sum_of_multiples(10, [3, 5])
    33
    >>> sum_of_multiples(5, [])
    0
    """
# tests
assert candidate(10, [3, 5]) == 33
assert candidate(5, []) == 0
assert candidate(1, [1]) == 1
assert candidate(20, [7]) == 21
### problem
from typing import List


def running_averages(numbers: List[int]) -> List[int]:
    """Return for each place the average of all numbers up to it, rounded down.

    >>> running_averages([2, 4, 9])
    [2, 3, 5]
    >>> running_averages([])
    []
    """
# tests
assert candidate([2, 4, 9]) == [2, 3, 5]
assert candidate([]) == []
assert candidate([5]) == [5]
assert candidate([1, 0, 0]) == [1, 0, 0]
`;
