/** Our own problems in the style of MBPP. The tests follow each problem. */
export const mbppProblems = `
### problem
def sum_even_digits(n):
    """
    Write a function to add the even digits of a number that is not negative.
    """
# tests
assert candidate(1234) == 6
assert candidate(0) == 0
assert candidate(97531) == 0
### problem
def common_letters(a, b):
    """
    Write a function to find the letters that two words have in common.
    """
# tests
assert set(candidate('stone', 'notes')) == set(['e', 'n', 'o', 's', 't'])
assert set(candidate('abc', 'xyz')) == set([])
assert set(candidate('moon', 'mono')) == set(['m', 'n', 'o'])
### problem
def max_pair_sum(values):
    """
    Write a function to find the largest sum of two neighbouring values.
    """
# tests
assert candidate([1, 9, 2]) == 11
assert candidate([4, 4]) == 8
assert candidate([-5, -1, -7]) == -6
### problem
def remove_short(words, k):
    """
    Write a function to remove all words with fewer than k letters.
    """
# tests
assert candidate(['a', 'bcd', 'ef'], 2) == ['bcd', 'ef']
assert candidate([], 3) == []
assert candidate(['tree', 'oak'], 4) == ['tree']
### problem
def count_negatives(rows):
    """
    Write a function to count the negative numbers in a list of lists.
    """
# tests
assert candidate([[1, -2], [-3]]) == 2
assert candidate([[]]) == 0
assert candidate([[0, 0, -1]]) == 1
### problem
def second_smallest(values):
    """
    Write a function to find the second smallest different value, or None if there is none.
    """
# tests
assert candidate([3, 1, 2]) == 2
assert candidate([5, 5]) == None
assert candidate([9, 8, 8]) == 9
### problem
def cube_list(values):
    """
    Write a function to raise every value of a list to the third power.
    """
# tests
assert candidate([1, 2, 3]) == [1, 8, 27]
assert candidate([]) == []
assert candidate([-2, 0]) == [-8, 0]
### problem
def divisors_in(values, n):
    """
    Write a function to find the different positive values of a list that divide a given number.
    """
# tests
assert set(candidate([2, 3, 4], 12)) == set([2, 3, 4])
assert set(candidate([5, 7], 11)) == set([])
assert set(candidate([1, 1, 6], 6)) == set([1, 6])
### problem
def to_binary_list(values):
    """
    Write a function to write every value of a list, none negative, in binary without a prefix.
    """
# tests
assert candidate([1, 2, 5]) == ['1', '10', '101']
assert candidate([0]) == ['0']
assert candidate([255, 8]) == ['11111111', '1000']
### problem
def last_words(lines):
    """
    Write a function to find the last word of each line; no line is blank.
    """
# tests
assert candidate(['red apple', 'pear']) == ['apple', 'pear']
assert candidate([]) == []
assert candidate(['a b c', 'x y']) == ['c', 'y']
### problem
def rectangle_corners(x, y, w, h):
    """
    Write a function to find the four corners of a rectangle with its lower left corner, width and height.
    """
# tests
assert set(candidate(0, 0, 2, 1)) == set([(0, 0), (0, 1), (2, 0), (2, 1)])
assert set(candidate(1, 1, 1, 1)) == set([(1, 1), (1, 2), (2, 1), (2, 2)])
assert set(candidate(-1, 2, 3, 4)) == set([(-1, 2), (-1, 6), (2, 2), (2, 6)])
### problem
def count_upper(text):
    """
    Write a function to count the capital letters of a text.
    """
# tests
assert candidate('Hello World') == 2
assert candidate('') == 0
assert candidate('ABC abc') == 3
### problem
def sum_of_range(a, b):
    """
    Write a function to add all whole numbers between two numbers, both included, in whichever order they come.
    """
# tests
assert candidate(1, 4) == 10
assert candidate(7, 7) == 7
assert candidate(5, 3) == 12
### problem
def all_distinct(rows):
    """
    Write a function to check whether no row of a list of lists has a value twice.
    """
# tests
assert candidate([[1, 2], [3, 3]]) == False
assert candidate([]) == True
assert candidate([[4, 5, 6], [4]]) == True
### problem
def merge_counts(a, b):
    """
    Write a function to add two dictionaries of counts.
    """
# tests
assert candidate({'x': 1}, {'x': 2, 'y': 3}) == {'x': 3, 'y': 3}
assert candidate({}, {}) == {}
assert candidate({'p': 4}, {'q': 5}) == {'p': 4, 'q': 5}
### problem
def reverse_each(words):
    """
    Write a function to turn round every word of a sentence whose words are separated by single spaces.
    """
# tests
assert candidate('abc de') == 'cba ed'
assert candidate('') == ''
assert candidate('level up') == 'level pu'
### problem
def longest_even(words):
    """
    Write a function to find the longest word with an even number of letters, the first among equals, or an empty text.
    """
# tests
assert candidate(['four', 'seven', 'eleven']) == 'eleven'
assert candidate(['one']) == ''
assert candidate(['ab', 'cd']) == 'ab'
### problem
def scale_to_sum(values, n):
    """
    Write a function to multiply whole numbers by n and keep only the products that are not negative.
    """
# tests
assert candidate([1, -2, 3], 2) == [2, 6]
assert candidate([], 4) == []
assert candidate([5, -5], -1) == [5]
### problem
def is_arithmetic(values):
    """
    Write a function to check whether neighbouring values always have the same difference.
    """
# tests
assert candidate([2, 4, 6]) == True
assert candidate([1, 2, 4]) == False
assert candidate([5]) == True
### problem
def digits_to_words(n):
    """
    Write a function to write the digits of a number from 0 to 999 as English words separated by spaces.
    """
# tests
assert candidate(305) == 'three zero five'
assert candidate(7) == 'seven'
assert candidate(44) == 'four four'
### problem
def only_in_first(a, b):
    """
    Write a function to find the values of the first list that are not in the second one.
    """
# tests
assert sorted(candidate([1, 2, 3], [2])) == sorted([1, 3])
assert sorted(candidate([], [1])) == sorted([])
assert sorted(candidate([4, 5], [6])) == sorted([4, 5])
### problem
def nested_max(rows):
    """
    Write a function to find the largest value in a list of lists of which none is empty.
    """
# tests
assert candidate([[1, 5], [3]]) == 5
assert candidate([[-2]]) == -2
assert candidate([[0, 9], [10], [2, 2]]) == 10
### problem
def split_even_odd(values):
    """
    Write a function to split values into a tuple of the even ones and the odd ones.
    """
# tests
assert candidate([1, 2, 3, 4]) == ([2, 4], [1, 3])
assert candidate([]) == ([], [])
assert candidate([7, 9]) == ([], [7, 9])
### problem
def repeat_until(text, n):
    """
    Write a function to repeat a text until it has at least n characters; the text is not empty.
    """
# tests
assert candidate('ab', 5) == 'ababab'
assert candidate('x', 1) == 'x'
assert candidate('abc', 3) == 'abc'
### problem
def average_length(words):
    """
    Write a function to find the average length of words, rounded down, and 0 without words.
    """
# tests
assert candidate(['ab', 'abcd']) == 3
assert candidate([]) == 0
assert candidate(['a', 'bb', 'ccc', 'd']) == 1
### problem
def zip_max(a, b):
    """
    Write a function to find the larger value at each place of two lists of equal length.
    """
# tests
assert candidate([1, 5], [2, 3]) == [2, 5]
assert candidate([], []) == []
assert candidate([7, 7, 0], [7, 8, -1]) == [7, 8, 0]
### problem
def count_vowel_words(text):
    """
    Write a function to count the words of a text that begin with a vowel.
    """
# tests
assert candidate('an old red apple') == 3
assert candidate('') == 0
assert candidate('Up sky') == 1
### problem
def square_odd(values):
    """
    Write a function to square the odd values of a list and to leave out the even ones.
    """
# tests
assert candidate([1, 2, 3]) == [1, 9]
assert candidate([4]) == []
assert candidate([-3, 5]) == [9, 25]
### problem
def triangle_number_index(n):
    """
    Write a function to find k so that 1 + 2 + ... + k is n, or -1 if there is no such k.
    """
# tests
assert candidate(10) == 4
assert candidate(7) == -1
assert candidate(1) == 1
### problem
def pairs_with_sum(values, s):
    """
    Write a function to find the pairs of different places in a list, smaller index first, whose values add up to s.
    """
# tests
assert set(candidate([1, 2, 3], 4)) == set([(0, 2)])
assert set(candidate([], 0)) == set([])
assert set(candidate([2, 2, 2], 4)) == set([(0, 1), (0, 2), (1, 2)])
### problem
def strip_vowels(text):
    """
    Write a function to remove the vowels a, e, i, o and u in either case from a text.
    """
# tests
assert candidate('Apple tree') == 'ppl tr'
assert candidate('') == ''
assert candidate('xyz OU') == 'xyz '
### problem
def max_by_digit_sum(values):
    """
    Write a function to find the value with the largest sum of digits, the first among equals; no value is negative.
    """
# tests
assert candidate([12, 30, 21]) == 12
assert candidate([5]) == 5
assert candidate([99, 100, 990]) == 99
### problem
def chunk_list(values, n):
    """
    Write a function to cut a list into pieces of n values; the last piece may be shorter.
    """
# tests
assert candidate([1, 2, 3], 2) == [[1, 2], [3]]
assert candidate([], 3) == []
assert candidate([4, 5, 6, 7], 4) == [[4, 5, 6, 7]]
### problem
def count_equal_neighbours(values):
    """
    Write a function to count how often a value is equal to the one after it.
    """
# tests
assert candidate([1, 1, 2, 2]) == 2
assert candidate([]) == 0
assert candidate([3, 3, 3]) == 2
### problem
def letters_after(text, letter):
    """
    Write a function to find the different letters of a text that come after a given letter in the alphabet.
    """
# tests
assert set(candidate('banana', 'a')) == set(['b', 'n', 'n'])
assert set(candidate('abc', 'z')) == set([])
assert set(candidate('stop sign', 'p')) == set(['s', 's', 't'])
### problem
def sum_columns(rows):
    """
    Write a function to add the numbers of each column of a list of rows of equal length.
    """
# tests
assert candidate([[1, 2], [3, 4]]) == [4, 6]
assert candidate([[5]]) == [5]
assert candidate([[0, 1, 2], [1, 1, 1], [2, 0, 5]]) == [3, 2, 8]
### problem
def format_names(people):
    """
    Write a function to write pairs of a first and a last name as the last name, a comma and the first name.
    """
# tests
assert candidate([('Ada', 'Byron')]) == ['Byron, Ada']
assert candidate([]) == []
assert candidate([('A', 'B'), ('C', 'D')]) == ['B, A', 'D, C']
### problem
def is_sorted_by_length(words):
    """
    Write a function to check whether no word is shorter than the word before it.
    """
# tests
assert candidate(['a', 'bb', 'cc']) == True
assert candidate(['abc', 'd']) == False
assert candidate([]) == True
### problem
def drop_every(values, n):
    """
    Write a function to remove every n-th value of a list, counted from 1.
    """
# tests
assert candidate([1, 2, 3, 4], 2) == [1, 3]
assert candidate([5, 6], 3) == [5, 6]
assert candidate([1, 2, 3, 4, 5, 6], 3) == [1, 2, 4, 5]
`;
