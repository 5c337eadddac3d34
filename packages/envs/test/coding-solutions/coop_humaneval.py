# === digit_root_total
def aux(n):
    while n > 9:
        n = sum(int(d) for d in str(n))
    return n
# ---
def digit_root_total(numbers: List[int]) -> int:
    total = 0
    for number in numbers:
        total += aux(number)
    return total

# === abundant_up_to
def aux(n):
    return sum(d for d in range(1, n) if n % d == 0)
# ---
def abundant_up_to(limit: int) -> List[int]:
    found = []
    for n in range(1, limit + 1):
        if aux(n) > n:
            found.append(n)
    return found

# === longest_shared_ending
def aux(a, b):
    shared = ''
    for x, y in zip(reversed(a), reversed(b)):
        if x != y:
            break
        shared = x + shared
    return shared
# ---
def longest_shared_ending(words: List[str]) -> str:
    if not words:
        return ''
    ending = words[0]
    for word in words[1:]:
        ending = aux(ending, word)
    return ending

# === shift_letters
def aux(letter, step):
    return chr((ord(letter) - ord('a') + step) % 26 + ord('a'))
# ---
def shift_letters(word: str, step: int) -> str:
    moved = []
    for character in word:
        if 'a' <= character <= 'z':
            moved.append(aux(character, step))
        else:
            moved.append(character)
    return ''.join(moved)

# === balanced_groups
def aux(group):
    even = sum(1 for value in group if value % 2 == 0)
    return even * 2 == len(group)
# ---
def balanced_groups(readings: List[int], length: int) -> int:
    count = 0
    for start in range(0, len(readings) - length + 1, length):
        if aux(readings[start:start + length]):
            count += 1
    return count

# === count_prime_gaps
def aux(n):
    if n < 2:
        return False
    return all(n % d for d in range(2, int(n ** 0.5) + 1))
# ---
def count_prime_gaps(limit: int, gap: int) -> int:
    primes = [n for n in range(2, limit + 1) if aux(n)]
    count = 0
    for a, b in zip(primes, primes[1:]):
        if b - a == gap:
            count += 1
    return count

# === mirror_sentence
def aux(word):
    low = word.lower()
    return low == low[::-1]
# ---
def mirror_sentence(sentence: str) -> str:
    words = []
    for word in sentence.split(' '):
        words.append(word if aux(word) else word[::-1])
    return ' '.join(words)

# === clock_after
def aux(text):
    hours, minutes = text.split(':')
    return int(hours) * 60 + int(minutes)
# ---
def clock_after(start: str, minutes: int) -> str:
    total = (aux(start) + minutes) % 1440
    hours = total // 60
    rest = total % 60
    return f'{hours:02d}:{rest:02d}'

# === heaviest_row
def aux(row):
    return sum(abs(a - b) for a, b in zip(row, row[1:]))
# ---
def heaviest_row(grid: List[List[int]]) -> int:
    best = -1
    best_weight = -1
    for index, row in enumerate(grid):
        weight = aux(row)
        if weight > best_weight:
            best = index
            best_weight = weight
    return best

# === squeeze_runs
def aux(text, start):
    end = start
    while end < len(text) and text[end] == text[start]:
        end += 1
    return end - start
# ---
def squeeze_runs(text: str) -> str:
    parts = []
    index = 0
    while index < len(text):
        length = aux(text, index)
        parts.append(text[index] if length == 1 else text[index] + str(length))
        index += length
    return ''.join(parts)

# === harshad_between
def aux(n):
    return sum(int(digit) for digit in str(n))
# ---
def harshad_between(low: int, high: int) -> List[int]:
    found = []
    for n in range(low, high + 1):
        if n % aux(n) == 0:
            found.append(n)
    return found

# === rank_by_vowels
def aux(word):
    return sum(1 for letter in word.lower() if letter in 'aeiou')
# ---
def rank_by_vowels(words: List[str]) -> List[str]:
    pairs = [(-aux(word), word) for word in words]
    pairs.sort()
    return [word for _, word in pairs]

# === steps_to_one
def aux(n):
    return n // 2 if n % 2 == 0 else 3 * n + 1
# ---
def steps_to_one(numbers: List[int]) -> List[int]:
    counts = []
    for number in numbers:
        steps = 0
        while number != 1:
            number = aux(number)
            steps += 1
        counts.append(steps)
    return counts

# === merge_bookings
def aux(a, b):
    return b[0] <= a[1]
# ---
def merge_bookings(bookings: List[Tuple[int, int]]) -> List[Tuple[int, int]]:
    merged = []
    for booking in sorted(bookings):
        if merged and aux(merged[-1], booking):
            last = merged[-1]
            merged[-1] = (last[0], max(last[1], booking[1]))
        else:
            merged.append(booking)
    return merged

# === valid_plates
def aux(digits):
    return 1 <= len(digits) <= 4 and digits.isdigit() and digits[0] != '0'
# ---
def valid_plates(plates: List[str]) -> int:
    count = 0
    for plate in plates:
        letters, hyphen, digits = plate.partition('-')
        if len(letters) == 2 and letters.isalpha() and letters.isupper() and aux(digits):
            count += 1
    return count

# === triangle_kinds
def aux(a, b, c):
    a, b, c = sorted((a, b, c))
    return a > 0 and a + b > c
# ---
def triangle_kinds(sides: List[Tuple[int, int, int]]) -> Dict[str, int]:
    counts = {'equilateral': 0, 'isosceles': 0, 'scalene': 0, 'none': 0}
    kinds = {1: 'equilateral', 2: 'isosceles', 3: 'scalene'}
    for a, b, c in sides:
        kind = kinds[len({a, b, c})] if aux(a, b, c) else 'none'
        counts[kind] += 1
    return counts

# === binary_ones_sorted
def aux(n):
    return bin(n).count('1')
# ---
def binary_ones_sorted(numbers: List[int]) -> List[int]:
    keyed = [(aux(n), n) for n in numbers]
    keyed.sort()
    return [n for _, n in keyed]

# === cash_change
def aux(amount, coins):
    fitting = [coin for coin in coins if coin <= amount]
    return max(fitting) if fitting else None
# ---
def cash_change(amount: int, coins: List[int]) -> List[int]:
    taken = []
    while amount > 0:
        coin = aux(amount, coins)
        if coin is None:
            return []
        taken.append(coin)
        amount -= coin
    return taken

# === spiral_sum
def aux(layer):
    side = 2 * layer + 1
    return 4 * side * side - 12 * layer
# ---
def spiral_sum(size: int) -> int:
    total = 1
    for layer in range(1, size // 2 + 1):
        total += aux(layer)
    return total

# === expand_ranges
def aux(part):
    if '-' in part:
        first, last = part.split('-')
        return list(range(int(first), int(last) + 1))
    return [int(part)]
# ---
def expand_ranges(text: str) -> List[int]:
    numbers = []
    for part in text.split(','):
        numbers.extend(aux(part))
    return numbers

# === best_streak
def aux(result):
    return {'W': 3, 'D': 1, 'L': 0}[result]
# ---
def best_streak(results: str) -> int:
    best = 0
    current = 0
    for result in results:
        if result == 'L':
            current = 0
        else:
            current += aux(result)
            best = max(best, current)
    return best

# === common_divisor_pairs
def aux(a, b):
    while b:
        a, b = b, a % b
    return a
# ---
def common_divisor_pairs(numbers: List[int]) -> int:
    count = 0
    for i in range(len(numbers)):
        for j in range(i + 1, len(numbers)):
            if aux(numbers[i], numbers[j]) == 1:
                count += 1
    return count

# === title_words
def aux(word):
    return word[:1].upper() + word[1:].lower()
# ---
def title_words(text: str, small: List[str]) -> str:
    words = []
    for index, word in enumerate(text.split(' ')):
        if index > 0 and word.lower() in small:
            words.append(word.lower())
        else:
            words.append(aux(word))
    return ' '.join(words)

# === island_sizes
def aux(cells):
    return [piece for piece in cells.split('.') if piece]
# ---
def island_sizes(cells: str) -> List[int]:
    sizes = [len(piece) for piece in aux(cells)]
    sizes.sort(reverse=True)
    return sizes

# === narcissistic_numbers
def aux(n, power):
    return sum(int(digit) ** power for digit in str(n))
# ---
def narcissistic_numbers(digits: int) -> List[int]:
    found = []
    for n in range(10 ** (digits - 1), 10 ** digits):
        if aux(n, digits) == n:
            found.append(n)
    return found

# === closest_to_mean
def aux(numbers):
    return sum(numbers) / len(numbers)
# ---
def closest_to_mean(numbers: List[int]) -> int:
    mean = aux(numbers)
    best = min(numbers)
    for number in sorted(numbers):
        if abs(number - mean) < abs(best - mean):
            best = number
    return best

# === acronym_index
def aux(phrase):
    return ''.join(word[0].upper() for word in phrase.split())
# ---
def acronym_index(phrases: List[str]) -> Dict[str, List[str]]:
    index = {}
    for phrase in phrases:
        index.setdefault(aux(phrase), []).append(phrase)
    return index

# === leap_days
def aux(year):
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
# ---
def leap_days(first: int, last: int) -> int:
    count = 0
    for year in range(first, last + 1):
        if aux(year):
            count += 1
    return count

# === bowling_score
def aux(frames, index):
    return frames[index + 1][0] if index + 1 < len(frames) else 0
# ---
def bowling_score(rolls: List[Tuple[int, int]]) -> int:
    total = 0
    for index, (first, second) in enumerate(rolls):
        pins = first + second
        total += pins
        if pins == 10:
            total += aux(rolls, index)
    return total

# === anagram_pairs
def aux(word):
    return ''.join(sorted(word.lower()))
# ---
def anagram_pairs(words: List[str]) -> int:
    seen = {}
    pairs = 0
    for word in words:
        key = aux(word)
        pairs += seen.get(key, 0)
        seen[key] = seen.get(key, 0) + 1
    return pairs

# === polygon_doubled_area
def aux(a, b):
    return a[0] * b[1] - a[1] * b[0]
# ---
def polygon_doubled_area(points: List[Tuple[int, int]]) -> int:
    if len(points) < 3:
        return 0
    total = 0
    for a, b in zip(points, points[1:] + points[:1]):
        total += aux(a, b)
    return abs(total)

# === decode_pairs
def aux(code):
    digits = code[0::2]
    return len(code) % 2 == 0 and all(digit in '0123456789' for digit in digits)
# ---
def decode_pairs(code: str) -> str:
    if not aux(code):
        return ''
    parts = []
    for index in range(0, len(code), 2):
        parts.append(code[index + 1] * int(code[index]))
    return ''.join(parts)

# === odd_one_out
def aux(values):
    for value in values:
        if values.count(value) == 1:
            return value
    return None
# ---
def odd_one_out(rows: List[List[int]]) -> int:
    sums = [sum(row) for row in rows]
    single = aux(sums)
    return sums.index(single)

# === password_strength
def aux(text):
    return any(a == b == c for a, b, c in zip(text, text[1:], text[2:]))
# ---
def password_strength(password: str) -> int:
    if aux(password):
        return 0
    points = 1 if len(password) >= 8 else 0
    points += any(c.islower() for c in password)
    points += any(c.isupper() for c in password)
    points += any(c.isdigit() for c in password)
    points += any(not c.isalnum() for c in password)
    return points

# === columns_in_order
def aux(values):
    return all(a < b for a, b in zip(values, values[1:]))
# ---
def columns_in_order(grid: List[List[int]]) -> List[int]:
    if not grid:
        return []
    found = []
    for column in range(len(grid[0])):
        if aux([row[column] for row in grid]):
            found.append(column)
    return found

# === friendly_pairs
def aux(n):
    total = 1 if n > 1 else 0
    d = 2
    while d * d <= n:
        if n % d == 0:
            total += d if d * d == n else d + n // d
        d += 1
    return total
# ---
def friendly_pairs(limit: int) -> List[Tuple[int, int]]:
    pairs = []
    for a in range(2, limit + 1):
        b = aux(a)
        if a < b <= limit and aux(b) == a:
            pairs.append((a, b))
    return pairs

# === seat_rows
def aux(row, name):
    return name if row == '' else row + ' ' + name
# ---
def seat_rows(names: List[str], width: int) -> List[str]:
    rows = []
    current = ''
    for name in names:
        longer = aux(current, name)
        if len(longer) <= width:
            current = longer
        else:
            rows.append(current)
            current = name
    if current:
        rows.append(current)
    return rows

# === fraction_sum
def aux(a, b):
    a = abs(a)
    while b:
        a, b = b, a % b
    return a
# ---
def fraction_sum(fractions: List[Tuple[int, int]]) -> Tuple[int, int]:
    top, bottom = 0, 1
    for numerator, denominator in fractions:
        top = top * denominator + numerator * bottom
        bottom *= denominator
        divisor = aux(top, bottom)
        top //= divisor
        bottom //= divisor
    return (top, bottom)

# === sliding_medians
def aux(values):
    ordered = sorted(values)
    return ordered[len(ordered) // 2]
# ---
def sliding_medians(numbers: List[int], width: int) -> List[int]:
    medians = []
    for start in range(len(numbers) - width + 1):
        medians.append(aux(numbers[start:start + width]))
    return medians

# === word_ladder_ok
def aux(a, b):
    return sum(1 for x, y in zip(a, b) if x != y)
# ---
def word_ladder_ok(words: List[str]) -> bool:
    for a, b in zip(words, words[1:]):
        if len(a) != len(b) or aux(a, b) != 1:
            return False
    return True

# === shelf_plan
def aux(current, height, limit):
    return current + height <= limit
# ---
def shelf_plan(heights: List[int], limit: int) -> int:
    if not heights:
        return 0
    stacks = 1
    current = 0
    for height in heights:
        if aux(current, height, limit):
            current += height
        else:
            stacks += 1
            current = height
    return stacks

# === roman_total
def aux(numeral):
    values = {'I': 1, 'V': 5, 'X': 10, 'L': 50, 'C': 100}
    total = 0
    for index, letter in enumerate(numeral):
        value = values[letter]
        following = values[numeral[index + 1]] if index + 1 < len(numeral) else 0
        total += -value if value < following else value
    return total
# ---
def roman_total(numerals: List[str]) -> int:
    total = 0
    for numeral in numerals:
        total += aux(numeral)
    return total

# === peak_days
def aux(values, index):
    return values[index - 1] < values[index] > values[index + 1]
# ---
def peak_days(temperatures: List[int]) -> List[int]:
    peaks = []
    for index in range(1, len(temperatures) - 1):
        if aux(temperatures, index):
            peaks.append(index)
    peaks.sort(key=lambda index: -temperatures[index])
    return peaks

# === split_bill
def aux(amount, percent):
    return amount * percent // 100
# ---
def split_bill(orders: Dict[str, List[int]], tip: int) -> Dict[str, int]:
    bill = {}
    for guest, prices in orders.items():
        amount = sum(prices)
        bill[guest] = amount + aux(amount, tip)
    return bill

# === sum_of_pronic
def aux(index):
    return index * (index + 1)
# ---
def sum_of_pronic(limit: int) -> int:
    total = 0
    index = 0
    while aux(index) <= limit:
        total += aux(index)
        index += 1
    return total

# === interleave_sorted
def aux(values, others):
    return {value for value in values if value not in others}
# ---
def interleave_sorted(left: List[int], right: List[int]) -> List[int]:
    only_left = aux(left, right)
    only_right = aux(right, left)
    return sorted(only_left | only_right)

# === robot_distance
def aux(direction, turn):
    order = 'NESW'
    shift = 1 if turn == 'R' else -1
    return order[(order.index(direction) + shift) % 4]
# ---
def robot_distance(moves: str) -> int:
    x, y, direction = 0, 0, 'N'
    steps = {'N': (0, 1), 'E': (1, 0), 'S': (0, -1), 'W': (-1, 0)}
    for move in moves:
        if move == 'F':
            dx, dy = steps[direction]
            x, y = x + dx, y + dy
        else:
            direction = aux(direction, move)
    return abs(x) + abs(y)

# === share_seats
def aux(votes, seats):
    return votes / (seats + 1)
# ---
def share_seats(votes: List[str], seats: int) -> Dict[str, int]:
    counts = {party: votes.count(party) for party in sorted(set(votes))}
    given = {party: 0 for party in counts}
    for _ in range(seats if counts else 0):
        best = max(counts, key=lambda party: aux(counts[party], given[party]))
        given[best] += 1
    return given

# === caesar_guess
def aux(text):
    letters = sorted(set(text.replace(' ', '')))
    return max(letters, key=text.count) if letters else None
# ---
def caesar_guess(text: str) -> str:
    letter = aux(text)
    if letter is None:
        return text
    shift = ord('e') - ord(letter)
    moved = [c if c == ' ' else chr((ord(c) - 97 + shift) % 26 + 97) for c in text]
    return ''.join(moved)

# === snake_path
def aux(row, index):
    return row if index % 2 == 0 else row[::-1]
# ---
def snake_path(grid: List[List[int]]) -> List[int]:
    path = []
    for index, row in enumerate(grid):
        path.extend(aux(row, index))
    return path

# === missing_letters
def aux(sentence):
    return {letter for letter in sentence.lower() if letter.isalpha()}
# ---
def missing_letters(sentence: str) -> str:
    present = aux(sentence)
    missing = []
    for code in range(ord('a'), ord('z') + 1):
        if chr(code) not in present:
            missing.append(chr(code))
    return ''.join(missing)

# === longest_climb
def aux(heights, start):
    end = start
    while end + 1 < len(heights) and heights[end + 1] > heights[end]:
        end += 1
    return end
# ---
def longest_climb(heights: List[int]) -> int:
    best = 0
    start = 0
    while start < len(heights):
        end = aux(heights, start)
        best = max(best, heights[end] - heights[start])
        start = end + 1
    return best

# === check_isbn
def aux(character):
    return 10 if character == 'X' else int(character)
# ---
def check_isbn(codes: List[str]) -> List[bool]:
    results = []
    for code in codes:
        plain = code.replace('-', '')
        well_formed = len(plain) == 10 and plain[:9].isdigit() and (plain[9].isdigit() or plain[9] == 'X')
        total = sum(aux(c) * (10 - i) for i, c in enumerate(plain)) if well_formed else 1
        results.append(total % 11 == 0)
    return results

# === group_by_length
def aux(words, length):
    return sorted({word for word in words if len(word) == length})
# ---
def group_by_length(words: List[str]) -> List[List[str]]:
    lengths = sorted({len(word) for word in words})
    groups = []
    for length in lengths:
        groups.append(aux(words, length))
    return groups

# === water_level
def aux(level, low, high):
    return max(low, min(high, level))
# ---
def water_level(rain: List[int], capacity: int, drain: int) -> List[int]:
    levels = []
    level = 0
    for amount in rain:
        level = aux(level + amount, 0, capacity)
        level = aux(level - drain, 0, capacity)
        levels.append(level)
    return levels

# === self_describing
def aux(text, digit):
    return text.count(str(digit))
# ---
def self_describing(numbers: List[int]) -> List[int]:
    found = []
    for number in numbers:
        text = str(number)
        if all(int(c) == aux(text, i) for i, c in enumerate(text)):
            found.append(number)
    return found

# === tournament_rounds
def aux(a, b, skill):
    return b if skill[b] > skill[a] else a
# ---
def tournament_rounds(players: List[str], skill: Dict[str, int]) -> List[str]:
    history = []
    while len(players) > 1:
        winners = [aux(a, b, skill) for a, b in zip(players[0::2], players[1::2])]
        if len(players) % 2 == 1:
            winners.append(players[-1])
        history.extend(winners)
        players = winners
    return history
