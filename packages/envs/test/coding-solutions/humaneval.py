# === clip_all
def aux(n, low, high):
    return max(low, min(high, n))
# ---
def clip_all(numbers: List[int], low: int, high: int) -> List[int]:
    result = []
    for value in numbers:
        result.append(aux(value, low, high))
    return result

# === keep_two_digit
def aux(n):
    return 10 <= abs(n) <= 99
# ---
def keep_two_digit(numbers: List[int]) -> List[int]:
    result = []
    for value in numbers:
        if aux(value):
            result.append(value)
    return result

# === count_capitalised
def aux(word):
    return word[:1].isupper()
# ---
def count_capitalised(words: List[str]) -> int:
    count = 0
    for value in words:
        if aux(value):
            count += 1
    return count

# === sum_of_lengths_without
def aux(word, letter):
    return 0 if letter in word else len(word)
# ---
def sum_of_lengths_without(words: List[str], letter: str) -> int:
    total = 0
    for value in words:
        total += aux(value, letter)
    return total

# === double_every_other
def aux(index, n):
    return 2 * n if index % 2 == 1 else n
# ---
def double_every_other(numbers: List[int]) -> List[int]:
    result = []
    for index, number in enumerate(numbers):
        result.append(aux(index, number))
    return result

# === without_repeats
def aux(text, index):
    return index > 0 and text[index] == text[index - 1]
# ---
def without_repeats(text: str) -> str:
    kept = []
    for index, character in enumerate(text):
        if not aux(text, index):
            kept.append(character)
    return ''.join(kept)

# === celsius_list
def aux(f):
    return (f - 32) * 5 // 9
# ---
def celsius_list(fahrenheit: List[int]) -> List[int]:
    result = []
    for value in fahrenheit:
        result.append(aux(value))
    return result

# === first_over
def aux(n):
    return n * n
# ---
def first_over(numbers: List[int], limit: int) -> int:
    for number in numbers:
        if aux(number) > limit:
            return number
    return -1

# === vowel_positions
def aux(letter):
    return letter.lower() in 'aeiou'
# ---
def vowel_positions(text: str) -> List[int]:
    positions = []
    for index, letter in enumerate(text):
        if aux(letter):
            positions.append(index)
    return positions

# === largest_drop
def aux(before, after):
    return max(0, before - after)
# ---
def largest_drop(prices: List[int]) -> int:
    drop = 0
    for before, after in zip(prices, prices[1:]):
        drop = max(drop, aux(before, after))
    return drop

# === pair_products
def aux(a, b):
    return a * b
# ---
def pair_products(numbers: List[int]) -> List[int]:
    products = []
    for a, b in zip(numbers, numbers[1:]):
        products.append(aux(a, b))
    return products

# === is_zigzag
def aux(a, b, c):
    return (b - a) * (c - b) < 0
# ---
def is_zigzag(numbers: List[int]) -> bool:
    if len(numbers) == 2:
        return numbers[0] != numbers[1]
    return all(aux(a, b, c) for a, b, c in zip(numbers, numbers[1:], numbers[2:]))

# === hex_digits_sum
def aux(n):
    return sum(int(digit, 16) for digit in format(n, 'x'))
# ---
def hex_digits_sum(numbers: List[int]) -> int:
    total = 0
    for value in numbers:
        total += aux(value)
    return total

# === initials
def aux(name):
    return ''.join(part[0] + '.' for part in name.split())
# ---
def initials(names: List[str]) -> List[str]:
    result = []
    for value in names:
        result.append(aux(value))
    return result

# === median_of_three
def aux(row):
    return sorted(row)[1]
# ---
def median_of_three(rows: List[List[int]]) -> List[int]:
    result = []
    for value in rows:
        result.append(aux(value))
    return result

# === count_same_ends
def aux(word):
    return word != '' and word[0] == word[-1]
# ---
def count_same_ends(words: List[str]) -> int:
    count = 0
    for value in words:
        if aux(value):
            count += 1
    return count

# === mask_digits
def aux(character):
    return '#' if character in '0123456789' else character
# ---
def mask_digits(text: str) -> str:
    masked = []
    for character in text:
        masked.append(aux(character))
    return ''.join(masked)

# === squares_up_to
def aux(n):
    return n * n
# ---
def squares_up_to(limit: int) -> List[int]:
    squares = []
    n = 1
    while aux(n) <= limit:
        squares.append(aux(n))
        n += 1
    return squares

# === sum_of_multiples
def aux(n, divisors):
    return any(n % d == 0 for d in divisors)
# ---
def sum_of_multiples(limit: int, divisors: List[int]) -> int:
    total = 0
    for n in range(1, limit + 1):
        if aux(n, divisors):
            total += n
    return total

# === running_averages
def aux(values):
    return sum(values) // len(values)
# ---
def running_averages(numbers: List[int]) -> List[int]:
    averages = []
    for end in range(1, len(numbers) + 1):
        averages.append(aux(numbers[:end]))
    return averages

# === swap_case_words
def aux(index, word):
    return word.upper() if index % 2 == 1 else word
# ---
def swap_case_words(sentence: str) -> str:
    words = []
    for index, word in enumerate(sentence.split(' ')):
        words.append(aux(index, word))
    return ' '.join(words)

# === count_close
def aux(n, target):
    return abs(n - target)
# ---
def count_close(numbers: List[int], target: int, reach: int) -> int:
    count = 0
    for value in numbers:
        if aux(value, target) <= reach:
            count += 1
    return count

# === join_lines
def aux(line):
    return line.strip()
# ---
def join_lines(lines: List[str]) -> str:
    parts = []
    for line in lines:
        tidy = aux(line)
        if tidy:
            parts.append(tidy)
    return ' '.join(parts)

# === factors_of_two
def aux(n):
    return (n & -n).bit_length() - 1
# ---
def factors_of_two(numbers: List[int]) -> List[int]:
    result = []
    for value in numbers:
        result.append(aux(value))
    return result

# === has_opposites
def aux(n, numbers):
    return n != 0 and -n in numbers
# ---
def has_opposites(numbers: List[int]) -> bool:
    for number in numbers:
        if aux(number, numbers):
            return True
    return False

# === to_snake
def aux(letter):
    return '_' + letter.lower() if letter.isupper() else letter
# ---
def to_snake(name: str) -> str:
    letters = []
    for letter in name:
        letters.append(aux(letter))
    return ''.join(letters)

# === table_row_sums
def aux(row, size):
    return sum(row * column for column in range(1, size + 1))
# ---
def table_row_sums(size: int) -> List[int]:
    sums = []
    for row in range(1, size + 1):
        sums.append(aux(row, size))
    return sums

# === strip_prefixes
def aux(word, prefix):
    return word[len(prefix):] if word.startswith(prefix) else word
# ---
def strip_prefixes(words: List[str], prefix: str) -> List[str]:
    result = []
    for value in words:
        result.append(aux(value, prefix))
    return result

# === digits_descending
def aux(n):
    return int(''.join(sorted(str(n), reverse=True)))
# ---
def digits_descending(numbers: List[int]) -> List[int]:
    result = []
    for value in numbers:
        result.append(aux(value))
    return result

# === even_word_count
def aux(word):
    return len(word) % 2 == 0
# ---
def even_word_count(text: str) -> int:
    count = 0
    for value in text.split():
        if aux(value):
            count += 1
    return count

# === nearest_multiple
def aux(n, base):
    return n - n % base
# ---
def nearest_multiple(numbers: List[int], base: int) -> List[int]:
    result = []
    for value in numbers:
        result.append(aux(value, base))
    return result

# === sum_outer
def aux(row):
    return sum(row) if len(row) < 2 else row[0] + row[-1]
# ---
def sum_outer(grid: List[List[int]]) -> int:
    total = 0
    for value in grid:
        total += aux(value)
    return total

# === longest_word_length
def aux(sentence):
    return max((len(word) for word in sentence.split()), default=0)
# ---
def longest_word_length(sentences: List[str]) -> List[int]:
    result = []
    for value in sentences:
        result.append(aux(value))
    return result

# === add_time
def aux(duration):
    return int(duration.split(':')[0]) * 60 + int(duration.split(':')[1])
# ---
def add_time(durations: List[str]) -> int:
    total = 0
    for value in durations:
        total += aux(value)
    return total

# === count_rising
def aux(numbers, index):
    return all(earlier < numbers[index] for earlier in numbers[:index])
# ---
def count_rising(numbers: List[int]) -> int:
    count = 0
    for index in range(len(numbers)):
        if aux(numbers, index):
            count += 1
    return count

# === flip_bits
def aux(n, width):
    return n ^ ((1 << width) - 1)
# ---
def flip_bits(numbers: List[int], width: int) -> List[int]:
    result = []
    for value in numbers:
        result.append(aux(value, width))
    return result

# === word_values
def aux(word):
    return sum(ord(letter) - 96 for letter in word)
# ---
def word_values(words: List[str]) -> List[int]:
    result = []
    for value in words:
        result.append(aux(value))
    return result

# === rows_with
def aux(row, wanted):
    return row.count(wanted)
# ---
def rows_with(grid: List[List[int]], wanted: int) -> List[int]:
    indices = []
    for index, row in enumerate(grid):
        if aux(row, wanted) >= 2:
            indices.append(index)
    return indices

# === perimeters
def aux(width, height):
    return width + height if width == height else 2 * (width + height)
# ---
def perimeters(rectangles: List[List[int]]) -> int:
    total = 0
    for width, height in rectangles:
        total += aux(width, height)
    return total

# === signs
def aux(n):
    return '+' if n > 0 else '-' if n < 0 else '0'
# ---
def signs(numbers: List[int]) -> str:
    marks = []
    for number in numbers:
        marks.append(aux(number))
    return ''.join(marks)

# === cut_words
def aux(word, length):
    return word if len(word) <= length else word[:length - 1] + '~'
# ---
def cut_words(words: List[str], length: int) -> List[str]:
    result = []
    for value in words:
        result.append(aux(value, length))
    return result

# === unique_sums
def aux(pair):
    return pair[0] + pair[1]
# ---
def unique_sums(pairs: List[List[int]]) -> List[int]:
    sums = set()
    for pair in pairs:
        sums.add(aux(pair))
    return sorted(sums)

# === balanced_prefix
def aux(text):
    return text.count('x') == text.count('y')
# ---
def balanced_prefix(text: str) -> int:
    best = 0
    for length in range(len(text) + 1):
        if aux(text[:length]):
            best = length
    return best

# === stairs
def aux(a, b):
    return abs(a - b)
# ---
def stairs(heights: List[int], step: int) -> bool:
    for a, b in zip(heights, heights[1:]):
        if aux(a, b) > step:
            return False
    return True

# === repeat_letters
def aux(character, place):
    return character * place
# ---
def repeat_letters(text: str) -> str:
    parts = []
    for place, character in enumerate(text, 1):
        parts.append(aux(character, place))
    return ''.join(parts)

# === third_largest
def aux(group):
    return sorted(set(group), reverse=True)
# ---
def third_largest(groups: List[List[int]]) -> List[int]:
    result = []
    for group in groups:
        ordered = aux(group)
        result.append(ordered[2] if len(ordered) > 2 else ordered[-1])
    return result

# === price_list
def aux(cents):
    return f'{cents // 100}.{cents % 100:02d}'
# ---
def price_list(prices: List[int]) -> List[str]:
    result = []
    for value in prices:
        result.append(aux(value))
    return result

# === remove_outliers
def aux(n, first):
    return abs(n - first)
# ---
def remove_outliers(numbers: List[int], limit: int) -> List[int]:
    result = []
    for value in numbers:
        if aux(value, numbers[0]) <= limit:
            result.append(value)
    return result

# === count_substrings
def aux(text, start, length):
    return text[start:start + length]
# ---
def count_substrings(text: str, length: int) -> int:
    pieces = set()
    for start in range(len(text) - length + 1):
        pieces.add(aux(text, start, length))
    return len(pieces)

# === powers_sum
def aux(base, exponent):
    return base ** exponent
# ---
def powers_sum(base: int, count: int) -> int:
    total = 0
    for exponent in range(count):
        total += aux(base, exponent)
    return total

# === sort_by_last_digit
def aux(n):
    return n % 10
# ---
def sort_by_last_digit(numbers: List[int]) -> List[int]:
    keyed = [(aux(number), index, number) for index, number in enumerate(numbers)]
    keyed.sort()
    return [number for _, _, number in keyed]

# === chess_moves
def aux(a, b):
    return a[0] == b[0] or a[1] == b[1]
# ---
def chess_moves(squares: List[str]) -> int:
    count = 0
    for a, b in zip(squares, squares[1:]):
        if aux(a, b):
            count += 1
    return count

# === weekday_names
def aux(day):
    return ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'][day % 7]
# ---
def weekday_names(days: List[int]) -> List[str]:
    result = []
    for value in days:
        result.append(aux(value))
    return result

# === overlap_lengths
def aux(a, b):
    return max(0, min(a[1], b[1]) - max(a[0], b[0]))
# ---
def overlap_lengths(left: List[List[int]], right: List[List[int]]) -> List[int]:
    lengths = []
    for a, b in zip(left, right):
        lengths.append(aux(a, b))
    return lengths

# === palindromic_numbers
def aux(n):
    return str(n) == str(n)[::-1]
# ---
def palindromic_numbers(limit: int) -> int:
    count = 0
    for value in range(1, limit + 1):
        if aux(value):
            count += 1
    return count

# === pick_columns
def aux(row, columns):
    return [row[column] for column in columns]
# ---
def pick_columns(rows: List[List[int]], columns: List[int]) -> List[List[int]]:
    result = []
    for value in rows:
        result.append(aux(value, columns))
    return result

# === score_dice
def aux(throw):
    return sum(throw) * (2 if len(set(throw)) == 1 else 1)
# ---
def score_dice(throws: List[List[int]]) -> int:
    total = 0
    for value in throws:
        total += aux(value)
    return total

# === trim_zeros
def aux(numbers):
    return [index for index, number in enumerate(numbers) if number != 0]
# ---
def trim_zeros(numbers: List[int]) -> List[int]:
    places = aux(numbers)
    if not places:
        return []
    return numbers[places[0]:places[-1] + 1]
