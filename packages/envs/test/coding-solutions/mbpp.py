# === sum_even_digits
def aux(n):
    return [int(d) for d in str(n)]
# ---
def sum_even_digits(n):
    total = 0
    for digit in aux(n):
        if digit % 2 == 0:
            total += digit
    return total

# === common_letters
def aux(word):
    return set(word)
# ---
def common_letters(a, b):
    left = aux(a)
    right = aux(b)
    return list(left & right)

# === max_pair_sum
def aux(a, b):
    return a + b
# ---
def max_pair_sum(values):
    sums = [aux(a, b) for a, b in zip(values, values[1:])]
    return max(sums)

# === remove_short
def aux(word, k):
    return len(word) >= k
# ---
def remove_short(words, k):
    kept = []
    for word in words:
        if aux(word, k):
            kept.append(word)
    return kept

# === count_negatives
def aux(row):
    return sum(1 for value in row if value < 0)
# ---
def count_negatives(rows):
    total = 0
    for row in rows:
        total += aux(row)
    return total

# === second_smallest
def aux(values):
    return sorted(set(values))
# ---
def second_smallest(values):
    ordered = aux(values)
    if len(ordered) < 2:
        return None
    return ordered[1]

# === cube_list
def aux(n):
    return n ** 3
# ---
def cube_list(values):
    cubes = []
    for value in values:
        cubes.append(aux(value))
    return cubes

# === divisors_in
def aux(n, value):
    return n % value == 0
# ---
def divisors_in(values, n):
    found = set()
    for value in values:
        if aux(n, value):
            found.add(value)
    return found

# === to_binary_list
def aux(n):
    return format(n, 'b')
# ---
def to_binary_list(values):
    texts = []
    for value in values:
        texts.append(aux(value))
    return texts

# === last_words
def aux(line):
    return line.split()[-1]
# ---
def last_words(lines):
    words = []
    for line in lines:
        words.append(aux(line))
    return words

# === rectangle_corners
def aux(x, dx):
    return (x, x + dx)
# ---
def rectangle_corners(x, y, w, h):
    xs = aux(x, w)
    ys = aux(y, h)
    return [(a, b) for a in xs for b in ys]

# === count_upper
def aux(c):
    return c.isupper()
# ---
def count_upper(text):
    count = 0
    for c in text:
        if aux(c):
            count += 1
    return count

# === sum_of_range
def aux(n):
    return n * (n + 1) // 2
# ---
def sum_of_range(a, b):
    low, high = min(a, b), max(a, b)
    return aux(high) - aux(low - 1)

# === all_distinct
def aux(row):
    return len(set(row)) == len(row)
# ---
def all_distinct(rows):
    for row in rows:
        if not aux(row):
            return False
    return True

# === merge_counts
def aux(d, key):
    return d.get(key, 0)
# ---
def merge_counts(a, b):
    merged = {}
    for key in list(a) + list(b):
        merged[key] = aux(a, key) + aux(b, key)
    return merged

# === reverse_each
def aux(word):
    return word[::-1]
# ---
def reverse_each(words):
    words = words.split(' ')
    turned = [aux(word) for word in words]
    return ' '.join(turned)

# === longest_even
def aux(word):
    return len(word) % 2 == 0
# ---
def longest_even(words):
    best = ''
    for word in words:
        if aux(word) and len(word) > len(best):
            best = word
    return best

# === scale_to_sum
def aux(value, n):
    return value * n
# ---
def scale_to_sum(values, n):
    products = [aux(value, n) for value in values]
    return [product for product in products if product >= 0]

# === is_arithmetic
def aux(values):
    return {b - a for a, b in zip(values, values[1:])}
# ---
def is_arithmetic(values):
    differences = aux(values)
    return len(differences) <= 1

# === digits_to_words
def aux(digit):
    return ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'][int(digit)]
# ---
def digits_to_words(n):
    words = [aux(digit) for digit in str(n)]
    return ' '.join(words)

# === only_in_first
def aux(value, others):
    return value not in others
# ---
def only_in_first(a, b):
    found = []
    for value in a:
        if aux(value, b):
            found.append(value)
    return found

# === nested_max
def aux(row):
    return max(row)
# ---
def nested_max(rows):
    maxima = [aux(row) for row in rows]
    return max(maxima)

# === split_even_odd
def aux(n):
    return n % 2 == 0
# ---
def split_even_odd(values):
    even = [n for n in values if aux(n)]
    odd = [n for n in values if not aux(n)]
    return (even, odd)

# === repeat_until
def aux(text, n):
    return -(-n // len(text))
# ---
def repeat_until(text, n):
    times = max(1, aux(text, n))
    return text * times

# === average_length
def aux(words):
    return sum(len(word) for word in words)
# ---
def average_length(words):
    if not words:
        return 0
    return aux(words) // len(words)

# === zip_max
def aux(x, y):
    return x if x > y else y
# ---
def zip_max(a, b):
    larger = []
    for x, y in zip(a, b):
        larger.append(aux(x, y))
    return larger

# === count_vowel_words
def aux(word):
    return word[0].lower() in 'aeiou'
# ---
def count_vowel_words(text):
    count = 0
    for word in text.split():
        if aux(word):
            count += 1
    return count

# === square_odd
def aux(n):
    return n * n
# ---
def square_odd(values):
    squares = []
    for n in values:
        if n % 2:
            squares.append(aux(n))
    return squares

# === triangle_number_index
def aux(k):
    return k * (k + 1) // 2
# ---
def triangle_number_index(n):
    k = 0
    while aux(k) < n:
        k += 1
    return k if aux(k) == n else -1

# === pairs_with_sum
def aux(a, b, s):
    return a + b == s
# ---
def pairs_with_sum(values, s):
    pairs = []
    for i in range(len(values)):
        for j in range(i + 1, len(values)):
            if aux(values[i], values[j], s):
                pairs.append((i, j))
    return pairs

# === strip_vowels
def aux(c):
    return c.lower() in 'aeiou'
# ---
def strip_vowels(text):
    kept = [c for c in text if not aux(c)]
    return ''.join(kept)

# === max_by_digit_sum
def aux(n):
    return sum(int(d) for d in str(n))
# ---
def max_by_digit_sum(values):
    best = values[0]
    for value in values[1:]:
        if aux(value) > aux(best):
            best = value
    return best

# === chunk_list
def aux(values, start, n):
    return values[start:start + n]
# ---
def chunk_list(values, n):
    pieces = []
    for start in range(0, len(values), n):
        pieces.append(aux(values, start, n))
    return pieces

# === count_equal_neighbours
def aux(a, b):
    return a == b
# ---
def count_equal_neighbours(values):
    count = 0
    for a, b in zip(values, values[1:]):
        if aux(a, b):
            count += 1
    return count

# === letters_after
def aux(c, letter):
    return c.isalpha() and c > letter
# ---
def letters_after(text, letter):
    found = []
    for c in text:
        if aux(c, letter):
            found.append(c)
    return found

# === sum_columns
def aux(rows, column):
    return sum(row[column] for row in rows)
# ---
def sum_columns(rows):
    sums = []
    for column in range(len(rows[0])):
        sums.append(aux(rows, column))
    return sums

# === format_names
def aux(first, last):
    return last + ', ' + first
# ---
def format_names(people):
    names = []
    for first, last in people:
        names.append(aux(first, last))
    return names

# === is_sorted_by_length
def aux(a, b):
    return len(a) <= len(b)
# ---
def is_sorted_by_length(words):
    checks = [aux(a, b) for a, b in zip(words, words[1:])]
    return all(checks)

# === drop_every
def aux(index, n):
    return (index + 1) % n == 0
# ---
def drop_every(values, n):
    kept = []
    for index, value in enumerate(values):
        if not aux(index, n):
            kept.append(value)
    return kept
