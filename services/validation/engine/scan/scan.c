/* One pass over a piece of delimited text: where the records are, and which cells are not certainly valid.

   The rules come from Python (`rules.py`), one a column. A cell that its rule accepts is certainly valid and is
   forgotten at once; any other cell is a suspect: its text goes back to Python, which judges it exactly.
   Accepting too much would be a bug, accepting too little only costs time. Anything unusual in the structure of the
   text (a lone CR, text after a closing quote, a quote that never closes) stops the pass at the record where it
   stands, and the caller reads on in another way.

   Called without the interpreter's lock, from several threads: no state is kept between calls. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define EXPORT __attribute__((visibility("default")))
/* How many decimals a number may have (`rules.NUMBER`). */
#define MOST_DECIMALS 6

typedef struct {
    const uint8_t *classes;  /* the class of each byte; NULL: every text is accepted */
    const uint16_t *moves;   /* next state by (state, class); states are multiples of the number of classes */
    const uint8_t *accepts;  /* by state / number of classes */
    int32_t width;           /* the number of classes; state 0 refuses all, state `width` is the first */
    int32_t judged;          /* 0: no cell of the column is a suspect */
    int32_t required;        /* an empty cell is a suspect */
    int32_t kept;            /* the texts are wanted back */
    int32_t luhn;            /* 9: a SIREN, 14: a SIRET, 0: neither */
    int32_t shortest;        /* in characters; -1: no limit */
    int32_t longest;
    int32_t bounded;         /* 1: the number stands between `low` and `high` */
    int32_t few;             /* few texts are accepted: those seen last are worth comparing with */
    int32_t unused;
    double low;
    double high;
    const uint8_t *first;    /* a date stands between `first` and `last`, as texts of ten bytes; NULL: no limit */
    const uint8_t *last;
} rule;

typedef struct {
    uint8_t *data;
    int64_t size;
    int64_t room;
} bytes;

typedef struct {
    uint32_t *data;
    int64_t size;
    int64_t room;
} numbers;

typedef struct {
    int64_t records;       /* whole records seen */
    int64_t consumed;      /* bytes they take */
    int32_t irregular;     /* the record at `consumed` cannot be read here */
    int32_t failed;        /* no memory */
    int32_t garbled;       /* some bytes look like text read in the wrong encoding */
    int32_t unused;
    int64_t bad_utf8;      /* offset of the first byte that is not UTF-8, or -1 */
    numbers starts;        /* where each record starts */
    numbers suspects;      /* column, record, end of its text in `texts`: three numbers each */
    bytes texts;
    numbers blanks;        /* records without any text */
    numbers ragged;        /* records of another width than the header */
    numbers breaks;        /* record, line ends inside its quotes: two numbers each */
    bytes *kept;           /* by column, the texts end to end */
    numbers *kept_ends;    /* by column, where each text ends */
    int32_t columns;
} result;

typedef struct {
    const uint8_t *text;
    int64_t size;
} cell;

static int reserve_bytes(bytes *buffer, int64_t more) {
    if (buffer->size + more <= buffer->room) return 1;
    int64_t room = buffer->room ? buffer->room : 4096;
    while (room < buffer->size + more) room *= 2;
    uint8_t *grown = realloc(buffer->data, (size_t)room);
    if (!grown) return 0;
    buffer->data = grown;
    buffer->room = room;
    return 1;
}

static int reserve_numbers(numbers *buffer, int64_t more) {
    if (buffer->size + more <= buffer->room) return 1;
    int64_t room = buffer->room ? buffer->room : 256;
    while (room < buffer->size + more) room *= 2;
    uint32_t *grown = realloc(buffer->data, (size_t)room * sizeof(uint32_t));
    if (!grown) return 0;
    buffer->data = grown;
    buffer->room = room;
    return 1;
}

static int add_number(numbers *buffer, int64_t number) {
    if (!reserve_numbers(buffer, 1)) return 0;
    buffer->data[buffer->size++] = (uint32_t)number;
    return 1;
}

static int add_text(bytes *buffer, cell found) {
    if (!reserve_bytes(buffer, found.size)) return 0;
    if (found.size) memcpy(buffer->data + buffer->size, found.text, (size_t)found.size);
    buffer->size += found.size;
    return 1;
}

/* --- the bytes that end cells: delimiter, quote, LF, CR ------------------------------------------------------ */

static int index_marks(const uint8_t *text, int64_t size, uint8_t delimiter, numbers *marks) {
    int64_t at = 0;
#ifdef __SSE2__
    const __m128i delimiters = _mm_set1_epi8((char)delimiter), quotes = _mm_set1_epi8('"');
    const __m128i feeds = _mm_set1_epi8('\n'), returns = _mm_set1_epi8('\r');
    for (; at + 64 <= size; at += 64) {
        uint64_t found = 0;
        for (int part = 0; part < 4; part++) {
            __m128i block = _mm_loadu_si128((const __m128i *)(text + at + 16 * part));
            __m128i hit = _mm_or_si128(
                _mm_or_si128(_mm_cmpeq_epi8(block, delimiters), _mm_cmpeq_epi8(block, quotes)),
                _mm_or_si128(_mm_cmpeq_epi8(block, feeds), _mm_cmpeq_epi8(block, returns)));
            found |= (uint64_t)(uint32_t)_mm_movemask_epi8(hit) << (16 * part);
        }
        if (!reserve_numbers(marks, 64)) return 0;
        while (found) {
            marks->data[marks->size++] = (uint32_t)(at + __builtin_ctzll(found));
            found &= found - 1;
        }
    }
#endif
    if (!reserve_numbers(marks, size - at + 1)) return 0;
    for (; at < size; at++) {
        uint8_t byte = text[at];
        if (byte == delimiter || byte == '"' || byte == '\n' || byte == '\r')
            marks->data[marks->size++] = (uint32_t)at;
    }
    /* A mark past the end, so that the search for the next one needs no other test. */
    if (!reserve_numbers(marks, 1)) return 0;
    marks->data[marks->size++] = (uint32_t)size;
    return 1;
}

/* --- encoding ---------------------------------------------------------------------------------------------- */

static int is_tail(uint8_t byte) { return (byte & 0xC0) == 0x80; }

/* The bytes that the character at `text` takes, 0 when it is not UTF-8 (RFC 3629, section 4). */
static int character_size(const uint8_t *text, int64_t left) {
    uint8_t lead = text[0];
    if (lead < 0xC2 || lead > 0xF4) return 0;
    if (lead < 0xE0) return left > 1 && is_tail(text[1]) ? 2 : 0;
    if (left < 3 || !is_tail(text[1]) || !is_tail(text[2])) return 0;
    if (lead < 0xF0) {
        if ((lead == 0xE0 && text[1] < 0xA0) || (lead == 0xED && text[1] > 0x9F)) return 0;
        return 3;
    }
    if (left < 4 || !is_tail(text[3])) return 0;
    if ((lead == 0xF0 && text[1] < 0x90) || (lead == 0xF4 && text[1] > 0x8F)) return 0;
    return 4;
}

/* A letter with an accent read byte by byte gives « Ã », « Â », « Å » or « â », then another sign that is no letter. */
static int is_garbled(const uint8_t *text, int64_t left) {
    if (left < 3 || text[0] != 0xC3) return 0;
    if (text[1] != 0x82 && text[1] != 0x83 && text[1] != 0x85 && text[1] != 0xA2) return 0;
    uint8_t third = text[2];
    return third == 0x20 || third == 0xC2 || third == 0xC5 || third == 0xC6 || third == 0xCB || third == 0xE2;
}

static void check_encoding(const uint8_t *text, int64_t size, result *out) {
    int64_t at = 0;
    out->bad_utf8 = -1;
    while (at < size) {
#ifdef __SSE2__
        if (at + 16 <= size) {
            int high = _mm_movemask_epi8(_mm_loadu_si128((const __m128i *)(text + at)));
            if (!high) {
                at += 16;
                continue;
            }
            at += __builtin_ctz((unsigned)high);
        }
#endif
        if (text[at] < 0x80) {
            at++;
            continue;
        }
        int taken = character_size(text + at, size - at);
        if (!taken) {
            out->bad_utf8 = at;
            return;
        }
        out->garbled |= is_garbled(text + at, size - at);
        at += taken;
    }
}

/* --- what a rule accepts ------------------------------------------------------------------------------------- */

/* The texts that a rule accepted last. They stand in the piece itself, so they stay as long as the scan lasts. */
#define REMEMBERED 4
typedef struct {
    cell texts[REMEMBERED];
    int next;
} memory;

static int is_remembered(const memory *seen, cell found) {
    for (int at = 0; at < REMEMBERED; at++)
        if (seen->texts[at].size == found.size && !memcmp(seen->texts[at].text, found.text, (size_t)found.size))
            return 1;
    return 0;
}

static void remember(memory *seen, cell found) {
    seen->texts[seen->next] = found;
    seen->next = (seen->next + 1) % REMEMBERED;
}

static int64_t characters(cell found) {
    int64_t count = 0;
    for (int64_t at = 0; at < found.size; at++) count += !is_tail(found.text[at]);
    return count;
}

static int luhn(const uint8_t *digits, int count) {
    static const uint8_t doubled[10] = {0, 2, 4, 6, 8, 1, 3, 5, 7, 9};
    unsigned sum = 0;
    for (int at = 0; at < count; at++) {
        unsigned digit = (unsigned)digits[at] - '0';
        if (digit > 9) return 0;
        sum += (count - at) % 2 ? digit : doubled[digit];
    }
    return sum % 10 == 0;
}

/* La Poste's numbers follow a rule of their own: they are left to the exact judgement. */
static int is_register_number(cell found, int length) {
    if (found.size != length || !luhn(found.text, 9)) return 0;
    return length == 9 || (luhn(found.text, 14) && memcmp(found.text, "356000000", 9) != 0);
}

/* At most fifteen digits: the number and the power of ten are exact, so their quotient is the nearest double. */
static double plain_number(cell found) {
    static const double powers[MOST_DECIMALS + 1] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6};
    int64_t digits = 0;
    int decimals = 0, after_point = 0;
    for (int64_t at = found.text[0] == '-'; at < found.size; at++) {
        if (found.text[at] == '.') {
            after_point = 1;
            continue;
        }
        digits = digits * 10 + (found.text[at] - '0');
        decimals += after_point;
    }
    double value = (double)digits / powers[decimals];
    return found.text[0] == '-' ? -value : value;
}

static int is_certain(const rule *rules, cell found) {
    if (rules->classes) {
        uint32_t state = (uint32_t)rules->width;
        for (int64_t at = 0; at < found.size; at++) state = rules->moves[state + rules->classes[found.text[at]]];
        if (!rules->accepts[state / (uint32_t)rules->width]) return 0;
    }
    if (rules->longest >= 0 && found.size > rules->longest && characters(found) > rules->longest) return 0;
    if (rules->shortest > 0 && characters(found) < rules->shortest) return 0;
    if (rules->luhn && !is_register_number(found, rules->luhn)) return 0;
    if (rules->bounded) {
        double value = plain_number(found);
        if (value < rules->low || value > rules->high) return 0;
    }
    if (rules->first && memcmp(found.text, rules->first, 10) < 0) return 0;
    if (rules->last && memcmp(found.text, rules->last, 10) > 0) return 0;
    return 1;
}

/* --- records ----------------------------------------------------------------------------------------------- */

typedef struct {
    const uint8_t *text;
    int64_t size;
    int at_end;        /* the text ends with the piece: its last record needs no line end */
    uint8_t delimiter;
    const uint32_t *mark;  /* the next mark at or after the present place */
    int64_t at;
    uint32_t inner_breaks; /* line ends inside the quotes of the present record */
    bytes unescaped;
} reader;

enum { CELL, LAST_CELL, INCOMPLETE, IRREGULAR, NO_MEMORY };

/* What follows a cell that ends at `end`; moves past it. */
static int close_cell(reader *in, int64_t end) {
    if (end == in->size) {
        in->at = end;
        return in->at_end ? LAST_CELL : INCOMPLETE;
    }
    uint8_t byte = in->text[end];
    if (byte == in->delimiter) {
        in->mark++;
        in->at = end + 1;
        return CELL;
    }
    if (byte == '\n') {
        in->mark++;
        in->at = end + 1;
        return LAST_CELL;
    }
    if (byte != '\r') return IRREGULAR;
    if (end + 1 == in->size) return in->at_end ? IRREGULAR : INCOMPLETE;
    if (in->text[end + 1] != '\n') return IRREGULAR;
    in->mark += 2;
    in->at = end + 2;
    return LAST_CELL;
}

static int without_escapes(reader *in, cell *found) {
    in->unescaped.size = 0;
    if (!reserve_bytes(&in->unescaped, found->size)) return 0;
    for (int64_t at = 0; at < found->size; at++) {
        in->unescaped.data[in->unescaped.size++] = found->text[at];
        if (found->text[at] == '"') at++;
    }
    found->text = in->unescaped.data;
    found->size = in->unescaped.size;
    return 1;
}

static int quoted_cell(reader *in, cell *found) {
    int64_t start = in->at + 1;
    int escapes = 0;
    for (in->mark++;; in->mark++) {
        int64_t at = *in->mark;
        if (at == in->size) return in->at_end ? IRREGULAR : INCOMPLETE;
        uint8_t byte = in->text[at];
        if (byte == '"') {
            if (at + 1 < in->size && in->text[at + 1] == '"') {
                escapes = 1;
                in->mark++;
                continue;
            }
            found->text = in->text + start;
            found->size = at - start;
            in->mark++;
            if (escapes && !without_escapes(in, found)) return NO_MEMORY;
            return close_cell(in, at + 1);
        }
        /* CR and LF together are one line end. */
        in->inner_breaks += byte == '\r' || (byte == '\n' && in->text[at - 1] != '\r');
    }
}

static int next_cell(reader *in, cell *found) {
    if (in->at < in->size && in->text[in->at] == '"') return quoted_cell(in, found);
    /* A quote inside a cell that does not begin with one is a character like another. */
    while (*in->mark < (uint32_t)in->size && in->text[*in->mark] == '"') in->mark++;
    found->text = in->text + in->at;
    found->size = *in->mark - in->at;
    return close_cell(in, *in->mark);
}

static int take_cell(result *out, const rule *rules, memory *seen, int32_t column, cell found, int in_piece) {
    rules += column;
    seen += column;
    if (rules->kept) {
        if (!add_text(out->kept + column, found)) return 0;
        if (!add_number(out->kept_ends + column, out->kept[column].size)) return 0;
    }
    if (!rules->judged) return 1;
    if (!found.size && !rules->required) return 1;
    if (found.size) {
        if (rules->few && is_remembered(seen, found)) return 1;
        if (is_certain(rules, found)) {
            if (rules->few && in_piece) remember(seen, found);
            return 1;
        }
    }
    return add_number(&out->suspects, column) && add_number(&out->suspects, out->records) &&
           add_text(&out->texts, found) && add_number(&out->suspects, out->texts.size);
}

/* A record of another width: its texts are read by the caller; here the kept columns only keep in step. */
static int take_ragged(result *out, const rule *rules, int32_t seen) {
    for (int32_t column = seen; column < out->columns; column++)
        if (rules[column].kept && !add_number(out->kept_ends + column, out->kept[column].size)) return 0;
    return add_number(&out->ragged, out->records);
}

static void rewind_record(result *out, int64_t suspects, int64_t texts, int32_t seen) {
    out->suspects.size = suspects;
    out->texts.size = texts;
    for (int32_t column = 0; column < seen; column++) {
        numbers *ends = out->kept_ends + column;
        if (ends->size > out->records) {
            ends->size = out->records;
            out->kept[column].size = ends->size ? ends->data[ends->size - 1] : 0;
        }
    }
}

/* One record. Gives LAST_CELL when it was taken, else why not: nothing of it is left in `out` then. */
static int take_record(reader *in, const rule *rules, memory *seen, result *out) {
    int64_t start = in->at, suspects = out->suspects.size, texts = out->texts.size;
    int32_t column = 0, filled = 0;
    int state = CELL;
    in->inner_breaks = 0;
    while (state == CELL) {
        cell found;
        state = next_cell(in, &found);
        if (state > LAST_CELL) break;
        int in_piece = found.text != in->unescaped.data;
        if (column < out->columns && !take_cell(out, rules, seen, column, found, in_piece)) state = NO_MEMORY;
        filled |= found.size > 0;
        column++;
    }
    if (state != LAST_CELL) {
        rewind_record(out, suspects, texts, column < out->columns ? column : out->columns);
        return state;
    }
    if (column != out->columns) {
        out->suspects.size = suspects;
        out->texts.size = texts;
        if (!take_ragged(out, rules, column)) return NO_MEMORY;
    } else if (!filled && !add_number(&out->blanks, out->records)) {
        return NO_MEMORY;
    }
    if (in->inner_breaks &&
        !(add_number(&out->breaks, out->records) && add_number(&out->breaks, in->inner_breaks)))
        return NO_MEMORY;
    if (!add_number(&out->starts, start)) return NO_MEMORY;
    out->records++;
    out->consumed = in->at;
    return LAST_CELL;
}

static int64_t count_quotes(const uint8_t *text, int64_t size) {
    int64_t count = 0, at = 0;
#ifdef __SSE2__
    /* Sixteen counters of a byte each, added up before one can overflow. */
    const __m128i quote = _mm_set1_epi8('"'), zero = _mm_setzero_si128();
    for (; at + 16 * 255 <= size; at += 16 * 255) {
        __m128i counters = zero;
        for (int part = 0; part < 255; part++) {
            __m128i block = _mm_loadu_si128((const __m128i *)(text + at + 16 * part));
            counters = _mm_sub_epi8(counters, _mm_cmpeq_epi8(block, quote));
        }
        uint64_t halves[2];
        _mm_storeu_si128((__m128i *)halves, _mm_sad_epu8(counters, zero));
        count += (int64_t)(halves[0] + halves[1]);
    }
#endif
    for (; at < size; at++) count += text[at] == '"';
    return count;
}

/* Where to cut a piece so that it ends with a record, judging by the parity of quotes; 0 when nowhere. */
EXPORT int64_t socle_cut(const uint8_t *text, int64_t size) {
    int64_t quotes = count_quotes(text, size);
    for (int64_t at = size; at > 0; at--) {
        uint8_t byte = text[at - 1];
        if (byte == '"') quotes--;
        else if (byte == '\n' && quotes % 2 == 0) return at;
    }
    return 0;
}

EXPORT void socle_free(result *out) {
    if (!out) return;
    free(out->starts.data);
    free(out->suspects.data);
    free(out->texts.data);
    free(out->blanks.data);
    free(out->ragged.data);
    free(out->breaks.data);
    for (int32_t column = 0; column < out->columns; column++) {
        if (out->kept) free(out->kept[column].data);
        if (out->kept_ends) free(out->kept_ends[column].data);
    }
    free(out->kept);
    free(out->kept_ends);
    free(out);
}

/* The caller frees what it gets. NULL, or `failed`, when there is no memory; at most 2 GiB at a time. */
EXPORT result *socle_scan(
    const uint8_t *text, int64_t size, int32_t at_end, uint8_t delimiter, int32_t columns, const rule *rules) {
    result *out = calloc(1, sizeof(result));
    if (!out) return NULL;
    out->columns = columns;
    out->kept = calloc((size_t)columns, sizeof(bytes));
    out->kept_ends = calloc((size_t)columns, sizeof(numbers));
    memory *seen = calloc((size_t)columns, sizeof(memory));
    numbers marks = {0};
    if (!out->kept || !out->kept_ends || !seen || !index_marks(text, size, delimiter, &marks)) {
        free(seen);
        free(marks.data);
        out->failed = 1;
        return out;
    }
    check_encoding(text, size, out);
    reader in = {text, size, at_end, delimiter, marks.data, 0, 0, {0}};
    int state = LAST_CELL;
    while (state == LAST_CELL && in.at < size) state = take_record(&in, rules, seen, out);
    out->irregular = state == IRREGULAR;
    out->failed = state == NO_MEMORY;
    free(in.unescaped.data);
    free(seen);
    free(marks.data);
    return out;
}
