/** Our own problems in the style of HumanEval, second part. The tests follow each problem. */
export const humanEvalProblems2 = `
### problem
def swap_case_words(sentence: str) -> str:
    """Write every other word of the sentence in capital letters, beginning with the second one.

    >>> swap_case_words('one two three')
    'one TWO three'
    >>> swap_case_words('')
    ''
    """
# tests
assert candidate('one two three') == 'one TWO three'
assert candidate('') == ''
assert candidate('a') == 'a'
assert candidate('x y z w') == 'x Y z W'
### problem
from typing import List


def count_close(numbers: List[int], target: int, reach: int) -> int:
    """Count the numbers that are at most reach away from target.

    >>> count_close([1, 5, 9], 5, 4)
    3
    >>> count_close([], 0, 1)
    0
    """
# tests
assert candidate([1, 5, 9], 5, 4) == 3
assert candidate([], 0, 1) == 0
assert candidate([3], 3, 0) == 1
assert candidate([10, -10], 0, 9) == 0
### problem
from typing import List


def join_lines(lines: List[str]) -> str:
    """Join lines to one text with single spaces, without the white space at both ends of each line and
    without blank lines.

    >>> join_lines(['  a', 'b  '])
    'a b'
    >>> join_lines([])
    ''
    """
# tests
assert candidate(['  a', 'b  ']) == 'a b'
assert candidate([]) == ''
assert candidate(['', ' ']) == ''
assert candidate(['x y ', '', 'z']) == 'x y z'
### problem
from typing import List


def factors_of_two(numbers: List[int]) -> List[int]:
    """Return for each positive number how often it can be halved without a remainder.

    >>> factors_of_two([8, 6, 5])
    [3, 1, 0]
    >>> factors_of_two([])
    []
    """
# tests
assert candidate([8, 6, 5]) == [3, 1, 0]
assert candidate([]) == []
assert candidate([1]) == [0]
assert candidate([1024, 12]) == [10, 2]
### problem
from typing import List


def has_opposites(numbers: List[int]) -> bool:
    """Return True if a number other than 0 and its opposite both occur.

    >>> has_opposites([1, 2, -1])
    True
    >>> has_opposites([])
    False
    """
# tests
assert candidate([1, 2, -1]) == True
assert candidate([]) == False
assert candidate([0, 0]) == False
assert candidate([3, 4]) == False
### problem
def to_snake(name: str) -> str:
    """Turn a name such as userName into user_name: each capital letter becomes a _ and the small letter.

    >>> to_snake('userName')
    'user_name'
    >>> to_snake('')
    ''
    """
# tests
assert candidate('userName') == 'user_name'
assert candidate('') == ''
assert candidate('plain') == 'plain'
assert candidate('aBC') == 'a_b_c'
### problem
from typing import List


def table_row_sums(size: int) -> List[int]:
    """Return the sums of the rows of the multiplication table from 1 to size.

    >>> table_row_sums(3)
    [6, 12, 18]
    >>> table_row_sums(0)
    []
    """
# tests
assert candidate(3) == [6, 12, 18]
assert candidate(0) == []
assert candidate(1) == [1]
assert candidate(5) == [15, 30, 45, 60, 75]
### problem
from typing import List


def strip_prefixes(words: List[str], prefix: str) -> List[str]:
    """Remove the prefix, once, from all words that begin with it.

    >>> strip_prefixes(['undo', 'do'], 'un')
    ['do', 'do']
    >>> strip_prefixes([], 'a')
    []
    """
# tests
assert candidate(['undo', 'do'], 'un') == ['do', 'do']
assert candidate([], 'a') == []
assert candidate(['aab'], 'a') == ['ab']
assert candidate(['b', 'ab'], 'ab') == ['b', '']
### problem
from typing import List


def digits_descending(numbers: List[int]) -> List[int]:
    """Sort the digits of each number from large to small; no number is negative.

    >>> digits_descending([132, 50])
    [321, 50]
    >>> digits_descending([])
    []
    """
# tests
assert candidate([132, 50]) == [321, 50]
assert candidate([]) == []
assert candidate([7]) == [7]
assert candidate([1002]) == [2100]
### problem
def even_word_count(text: str) -> int:
    """Count the words with an even number of letters. Words are separated by white space.

    >>> even_word_count('this is odd')
    2
    >>> even_word_count('')
    0
    """
# tests
assert candidate('this is odd') == 2
assert candidate('') == 0
assert candidate('a bb ccc') == 1
assert candidate('four more') == 2
### problem
from typing import List


def nearest_multiple(numbers: List[int], base: int) -> List[int]:
    """Replace every number, none negative, by the largest multiple of base that is not greater.

    >>> nearest_multiple([7, 10], 5)
    [5, 10]
    >>> nearest_multiple([], 2)
    []
    """
# tests
assert candidate([7, 10], 5) == [5, 10]
assert candidate([], 2) == []
assert candidate([3], 4) == [0]
assert candidate([12, 13, 14], 6) == [12, 12, 12]
### problem
from typing import List


def sum_outer(grid: List[List[int]]) -> int:
    """Add the first and the last number of every row; a row of one number counts once, empty rows count
    nothing.

    >>> sum_outer([[1, 2, 3], [4]])
    8
    >>> sum_outer([])
    0
    """
# tests
assert candidate([[1, 2, 3], [4]]) == 8
assert candidate([]) == 0
assert candidate([[]]) == 0
assert candidate([[5, 5]]) == 10
### problem
from typing import List


def longest_word_length(sentences: List[str]) -> List[int]:
    """Return the length of the longest word of each sentence, 0 for an empty one.

    >>> longest_word_length(['a bcd', ''])
    [3, 0]
    >>> longest_word_length([])
    []
    """
# tests
assert candidate(['a bcd', '']) == [3, 0]
assert candidate([]) == []
assert candidate(['one two']) == [3]
assert candidate(['sunshine today']) == [8]
### problem
from typing import List


def add_time(durations: List[str]) -> int:
    """Durations are written as minutes:seconds. Return their sum in seconds.

    >>> add_time(['1:30', '0:15'])
    105
    >>> add_time([])
    0
    """
# tests
assert candidate(['1:30', '0:15']) == 105
assert candidate([]) == 0
assert candidate(['10:00']) == 600
assert candidate(['2:05', '3:55']) == 360
### problem
from typing import List


def count_rising(numbers: List[int]) -> int:
    """Count the numbers that are greater than all numbers before them; the first always counts.

    >>> count_rising([1, 3, 2, 4])
    3
    >>> count_rising([])
    0
    """
# tests
assert candidate([1, 3, 2, 4]) == 3
assert candidate([]) == 0
assert candidate([5, 5]) == 1
assert candidate([3, 2, 1]) == 1
### problem
from typing import List


def flip_bits(numbers: List[int], width: int) -> List[int]:
    """Exchange zeros and ones in the lowest width bits of each number.

    >>> flip_bits([5, 0], 3)
    [2, 7]
    >>> flip_bits([], 4)
    []
    """
# tests
assert candidate([5, 0], 3) == [2, 7]
assert candidate([], 4) == []
assert candidate([7], 3) == [0]
assert candidate([8], 2) == [11]
### problem
from typing import List


def word_values(words: List[str]) -> List[int]:
    """The value of a word is the sum of its small letters, where a counts 1, b counts 2 and so on. Return the
    values of all words.

    >>> word_values(['abc', 'z'])
    [6, 26]
    >>> word_values([])
    []
    """
# tests
assert candidate(['abc', 'z']) == [6, 26]
assert candidate([]) == []
assert candidate(['hello']) == [52]
assert candidate(['', 'aa']) == [0, 2]
### problem
from typing import List


def rows_with(grid: List[List[int]], wanted: int) -> List[int]:
    """Return the indices of the rows that contain the wanted number at least twice.

    >>> rows_with([[1, 1], [1, 2]], 1)
    [0]
    >>> rows_with([], 3)
    []
    """
# tests
assert candidate([[1, 1], [1, 2]], 1) == [0]
assert candidate([], 3) == []
assert candidate([[3, 0, 3], [3, 3, 3]], 3) == [0, 1]
assert candidate([[4]], 4) == []
### problem
from typing import List


def perimeters(rectangles: List[List[int]]) -> int:
    """Rectangles are given as [width, height]. Add their perimeters, but count squares half.

    >>> perimeters([[1, 2], [2, 2]])
    10
    >>> perimeters([])
    0
    """
# tests
assert candidate([[1, 2], [2, 2]]) == 10
assert candidate([]) == 0
assert candidate([[3, 3]]) == 6
assert candidate([[1, 5], [2, 4]]) == 24
### problem
from typing import List


def signs(numbers: List[int]) -> str:
    """Write + for each positive, - for each negative number and 0 for each zero.

    >>> signs([3, -1, 0])
    '+-0'
    >>> signs([])
    ''
    """
# tests
assert candidate([3, -1, 0]) == '+-0'
assert candidate([]) == ''
assert candidate([5]) == '+'
assert candidate([-2, -2]) == '--'
`;
