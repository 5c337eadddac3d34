/** Our own problems in the style of HumanEval, third part. The tests follow each problem. */
export const humanEvalProblems3 = `
### problem
from typing import List


def cut_words(words: List[str], length: int) -> List[str]:
    """Cut words that are longer than length to that length, with a ~ in the place of the last character.

    >>> cut_words(['garden', 'sun'], 4)
    ['gar~', 'sun']
    >>> cut_words([], 3)
    []
    """
# tests
assert candidate(['garden', 'sun'], 4) == ['gar~', 'sun']
assert candidate([], 3) == []
assert candidate(['abcd'], 4) == ['abcd']
assert candidate(['abc'], 1) == ['~']
### problem
from typing import List


def unique_sums(pairs: List[List[int]]) -> List[int]:
    """Return the different sums of the pairs in ascending order.

    >>> unique_sums([[1, 4], [2, 3], [0, 1]])
    [1, 5]
    >>> unique_sums([])
    []
    """
# tests
assert candidate([[1, 4], [2, 3], [0, 1]]) == [1, 5]
assert candidate([]) == []
assert candidate([[7, 7]]) == [14]
assert candidate([[-1, 1], [5, -5]]) == [0]
### problem
def balanced_prefix(text: str) -> int:
    """Return the length of the longest beginning of the text that has as many x as y.

    >>> balanced_prefix('xyx')
    2
    >>> balanced_prefix('')
    0
    """
# tests
assert candidate('xyx') == 2
assert candidate('') == 0
assert candidate('xxx') == 0
assert candidate('xxyya') == 5
### problem
from typing import List


def stairs(heights: List[int], step: int) -> bool:
    """Return True if no height differs from the one before it by more than step.

    >>> stairs([1, 2, 4], 2)
    True
    >>> stairs([1, 5], 3)
    False
    """
# tests
assert candidate([1, 2, 4], 2) == True
assert candidate([1, 5], 3) == False
assert candidate([], 0) == True
assert candidate([7], 0) == True
### problem
def repeat_letters(text: str) -> str:
    """Repeat each character as often as its place in the text says, counting from 1.

    >>> repeat_letters('abc')
    'abbccc'
    >>> repeat_letters('')
    ''
    """
# tests
assert candidate('abc') == 'abbccc'
assert candidate('') == ''
assert candidate('z') == 'z'
assert candidate('hi!') == 'hii!!!'
### problem
from typing import List


def third_largest(groups: List[List[int]]) -> List[int]:
    """Return the third largest different number of each group, or the smallest where there are fewer than
    three. No group is empty.

    >>> third_largest([[4, 1, 3, 2], [5, 5]])
    [2, 5]
    >>> third_largest([])
    []
    """
# tests
assert candidate([[4, 1, 3, 2], [5, 5]]) == [2, 5]
assert candidate([]) == []
assert candidate([[9]]) == [9]
assert candidate([[1, 2, 2, 3]]) == [1]
### problem
from typing import List


def price_list(prices: List[int]) -> List[str]:
    """Prices are in cents. Return them as texts such as 3.05.

    >>> price_list([305, 20])
    ['3.05', '0.20']
    >>> price_list([])
    []
    """
# tests
assert candidate([305, 20]) == ['3.05', '0.20']
assert candidate([]) == []
assert candidate([100]) == ['1.00']
assert candidate([99999, 1]) == ['999.99', '0.01']
### problem
from typing import List


def remove_outliers(numbers: List[int], limit: int) -> List[int]:
    """Remove the numbers that are more than limit away from the first one.

    >>> remove_outliers([5, 6, 20], 3)
    [5, 6]
    >>> remove_outliers([], 1)
    []
    """
# tests
assert candidate([5, 6, 20], 3) == [5, 6]
assert candidate([], 1) == []
assert candidate([1, 1], 0) == [1, 1]
assert candidate([10, 0, 5], 5) == [10, 5]
### problem
def count_substrings(text: str, length: int) -> int:
    """Count the different pieces of the given length in the text.

    >>> count_substrings('abab', 2)
    2
    >>> count_substrings('', 1)
    0
    """
# tests
assert candidate('abab', 2) == 2
assert candidate('', 1) == 0
assert candidate('aaaa', 3) == 1
assert candidate('abcd', 1) == 4
### problem
def powers_sum(base: int, count: int) -> int:
    """Add the powers base**0, base**1 and so on; there are count of them.

    >>> powers_sum(2, 4)
    15
    >>> powers_sum(5, 0)
    0
    """
# tests
assert candidate(2, 4) == 15
assert candidate(5, 0) == 0
assert candidate(1, 6) == 6
assert candidate(3, 3) == 13
### problem
from typing import List


def sort_by_last_digit(numbers: List[int]) -> List[int]:
    """Sort numbers that are not negative by their last digits; equal ones keep their order.

    >>> sort_by_last_digit([21, 10, 32])
    [10, 21, 32]
    >>> sort_by_last_digit([])
    []
    """
# tests
assert candidate([21, 10, 32]) == [10, 21, 32]
assert candidate([]) == []
assert candidate([15, 5]) == [15, 5]
assert candidate([9, 18, 27, 36]) == [36, 27, 18, 9]
### problem
from typing import List


def chess_moves(squares: List[str]) -> int:
    """Squares of a chess board are written as a1 to h8. Count the moves between neighbouring squares of the
    list that stay in one row or one column; a move to the same square counts.

    >>> chess_moves(['a1', 'a8', 'h8'])
    2
    >>> chess_moves([])
    0
    """
# tests
assert candidate(['a1', 'a8', 'h8']) == 2
assert candidate([]) == 0
assert candidate(['b2']) == 0
assert candidate(['a1', 'b2', 'b2']) == 1
### problem
from typing import List


def weekday_names(days: List[int]) -> List[str]:
    """Day 0 is a Monday. Return the names of the days, each with its first three letters; days may be
    negative.

    >>> weekday_names([0, 8])
    ['Mon', 'Tue']
    >>> weekday_names([])
    []
    """
# tests
assert candidate([0, 8]) == ['Mon', 'Tue']
assert candidate([]) == []
assert candidate([-1]) == ['Sun']
assert candidate([13, 14]) == ['Sun', 'Mon']
### problem
from typing import List


def overlap_lengths(left: List[List[int]], right: List[List[int]]) -> List[int]:
    """Both lists hold intervals [start, end]. Return for each place the length that the two intervals have in
    common.

    >>> overlap_lengths([[0, 5]], [[3, 9]])
    [2]
    >>> overlap_lengths([], [])
    []
    """
# tests
assert candidate([[0, 5]], [[3, 9]]) == [2]
assert candidate([], []) == []
assert candidate([[1, 2]], [[2, 3]]) == [0]
assert candidate([[0, 9], [4, 5]], [[2, 4], [0, 1]]) == [2, 0]
### problem
def palindromic_numbers(limit: int) -> int:
    """Count the numbers from 1 to limit that read the same from both ends.

    >>> palindromic_numbers(11)
    10
    >>> palindromic_numbers(0)
    0
    """
# tests
assert candidate(11) == 10
assert candidate(0) == 0
assert candidate(9) == 9
assert candidate(200) == 28
### problem
from typing import List


def pick_columns(rows: List[List[int]], columns: List[int]) -> List[List[int]]:
    """Return of each row the numbers in the given columns, in the order of the columns.

    >>> pick_columns([[1, 2, 3]], [2, 0])
    [[3, 1]]
    >>> pick_columns([], [0])
    []
    """
# tests
assert candidate([[1, 2, 3]], [2, 0]) == [[3, 1]]
assert candidate([], [0]) == []
assert candidate([[7], [8]], [0]) == [[7], [8]]
assert candidate([[4, 5]], []) == [[]]
### problem
from typing import List


def score_dice(throws: List[List[int]]) -> int:
    """A throw scores the sum of its dice, twice as much if all dice show the same. Add the scores.

    >>> score_dice([[1, 2], [3, 3]])
    15
    >>> score_dice([])
    0
    """
# tests
assert candidate([[1, 2], [3, 3]]) == 15
assert candidate([]) == 0
assert candidate([[6, 6, 6]]) == 36
assert candidate([[4], [5, 4]]) == 17
### problem
from typing import List


def trim_zeros(numbers: List[int]) -> List[int]:
    """Remove the zeros at the beginning and at the end of the list.

    >>> trim_zeros([0, 1, 0, 2, 0])
    [1, 0, 2]
    >>> trim_zeros([])
    []
    """
# tests
assert candidate([0, 1, 0, 2, 0]) == [1, 0, 2]
assert candidate([]) == []
assert candidate([0, 0]) == []
assert candidate([3]) == [3]
`;
