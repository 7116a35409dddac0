/* One pass over the XML of a regular sheet of a spreadsheet: its rows as delimited text (comma, RFC 4180).

   Only what is recognised with certainty is read. Anything else (another order of elements, prefixes, comments, single
   quotes, unknown attributes, dates before March 1900, a cell out of order…) makes it give up, and the caller reads the
   sheet in another way: nothing that was converted has been used before. Every string is measured, no byte past the
   end is looked at. What the Python side gives and gets stands in `sheet` and `strings` (`sheets.py`). */

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "strings.h"

#define LONGEST_NUMBER 40
#define LAST_LINE 1048576
#define LAST_COLUMN 16384

/* How a piece of sheet ended. */
enum { MORE = 1, COMPLETE = 2, ENOUGH = 3 };
/* What the style of a cell makes of its number. */
enum { NUMBER = 0, MOMENT = 1 };
/* How a column shows a day: alone, or always with its time. */
enum { DAY = 0, ALWAYS_MOMENT = 1 };
enum { NOT_SIMPLE = 255 };
enum { NO_TYPE, SHARED, PLAIN, FORMULA_TEXT, INLINE, BOOLEAN, FAULT };

typedef struct {
    int32_t warns;    /* whole numbers are counted: the field wants texts */
    int32_t padded;   /* numbers are shown with the zeros of their format */
    int32_t decimal;  /* the decimal separator */
    int32_t days;     /* DAY, ALWAYS_MOMENT; negative: in a way that is not known here */
    int32_t moments;  /* as ISO 8601 writes them; negative: not */
    int32_t times;
    const char *yes;  /* cells of delimited text */
    const char *no;
    int64_t numbers;  /* whole numbers met, if it `warns` */
    char example[LONGEST_NUMBER + 8];  /* the first one */
} column;

typedef struct {
    const strings *shared;
    const uint8_t *kinds;  /* by style: NUMBER, MOMENT or another */
    const uint8_t *pads;   /* by style: how many digits are shown at least; 0: as they are; or NOT_SIMPLE */
    column *columns;       /* `width` and one more, for the cells beyond */
    int64_t styles;
    int64_t most;          /* bytes of text that may be made */
    int64_t wanted;        /* how many lines, 0: all */
    int64_t next_line;     /* the line to write next; 0: the first one that has a cell */
    int32_t left;          /* the first column, from 0 */
    int32_t width;         /* every line has at least as many cells */
    int32_t is_1904;
    /* What is found. */
    int32_t leftmost;      /* of the cells that are not empty; -1: there is none */
    int32_t rightmost;
    int32_t filled;        /* inside a line: a text has been written */
    int32_t cursor;        /* how many separators the line has */
    int32_t unused;
    int64_t top;
    int64_t bottom;
    int64_t cells;
    int64_t formulas;      /* formulas without a value */
    int64_t written;       /* bytes of text given back by earlier calls */
    int64_t consumed;      /* bytes of XML read by this call */
    int64_t line;          /* the present one, the last one */
    bytes text;            /* made by this call */
    bytes special;         /* if `wanted`: line, column, kind (0 a number, 1 a moment) of cells that are no text */
    bytes scratch;
} sheet;

/* --- cells ------------------------------------------------------------------------------------------------- */

typedef struct {
    int32_t at;  /* column, from 0 */
    int32_t type;
    int64_t style;  /* -1: none */
} cell;

/* Make room for a text in the present cell: the blank lines before, the separators. */
static int open_cell(sheet *out, int32_t at, int64_t size) {
    int64_t index = at - out->left, blank = 0, blank_size = out->width == 1 ? 3 : out->width ? out->width : 1;
    if (!out->filled) blank = out->line - out->next_line;
    int64_t more = blank * blank_size + (index - out->cursor) + size + out->width + 8;
    if (out->written + out->text.size + more > out->most) return GIVE_UP;
    if (reserve(&out->text, more) < 0) return NO_MEMORY;
    uint8_t *to = out->text.data + out->text.size;
    for (; blank > 0; blank--) {
        memset(to, out->width == 1 ? '"' : ',', (size_t)blank_size);
        to += blank_size;
        to[-1] = '\n';
    }
    memset(to, ',', (size_t)(index - out->cursor));
    out->text.size = to + (index - out->cursor) - out->text.data;
    out->cursor = (int32_t)index;
    out->filled = 1;
    return 1;
}

/* A cell that is not empty: note its place; 1 when it belongs to what is wanted. */
static int note(sheet *out, int32_t at) {
    if (at < out->left) return GIVE_UP;
    if (out->leftmost < 0 || at < out->leftmost) out->leftmost = at;
    if (at > out->rightmost) out->rightmost = at;
    if (!out->top) out->top = out->line;
    if (!out->next_line) out->next_line = out->line;
    out->bottom = out->line;
    out->cells++;
    return out->line >= out->next_line;
}

static int put_text(sheet *out, int32_t at, const uint8_t *text, int64_t size) {
    int shown = note(out, at);
    if (shown <= 0 || !size) return shown;
    int done = open_cell(out, at, 2 * size + 2);
    return done < 0 ? done : append_cell(&out->text, text, size);
}

/* The same with a text that is a cell of delimited text already. */
static int put_ready(sheet *out, int32_t at, const void *text, int64_t size) {
    int shown = note(out, at);
    if (shown <= 0 || !size) return shown;
    int done = open_cell(out, at, size);
    return done < 0 ? done : append(&out->text, text, size);
}

static column *column_of(sheet *out, int32_t at) {
    int32_t index = at - out->left;
    return out->columns + (index < 0 ? 0 : index < out->width ? index : out->width);
}

static int put_shared(sheet *out, int32_t at, piece raw) {
    const strings *shared = out->shared;
    int64_t index = 0, ends[2] = {0, 0};
    if (raw.size > 9) return GIVE_UP;
    for (int64_t digit = 0; digit < raw.size; digit++) {
        if (!is_digit(raw.text[digit])) return GIVE_UP;
        index = index * 10 + (raw.text[digit] - '0');
    }
    if (index >= shared->ends.size / (int64_t)sizeof(int64_t)) return GIVE_UP;
    if (index)
        memcpy(ends, shared->ends.data + (index - 1) * (int64_t)sizeof(int64_t), sizeof ends);
    else
        memcpy(ends + 1, shared->ends.data, sizeof *ends);
    return put_ready(out, at, ends[1] > ends[0] ? shared->text.data + ends[0] : NULL, ends[1] - ends[0]);
}

/* --- numbers, days, times ------------------------------------------------------------------------------------- */

/* Whether a number is written as it would be shown: at most fifteen digits, none of them useless. */
static int is_canonical(piece raw) {
    const uint8_t *at = raw.text, *end = raw.text + raw.size;
    int64_t digits = 0, zeros = 0;
    at += at < end && *at == '-';
    if (at == end || !is_digit(*at)) return 0;
    if (*at == '0') {
        at++;
        if (at == end) return raw.size == 1;
    } else {
        while (at < end && is_digit(*at)) at++, digits++;
    }
    if (at == end) return digits <= 15;
    if (*at++ != '.' || at == end || end[-1] == '0') return 0;
    for (; at < end; at++) {
        if (!is_digit(*at)) return 0;
        if (!digits && *at == '0')
            zeros++;
        else
            digits++;
    }
    return digits <= 15 && zeros <= 3;
}

/* The value of a number, which is then also a text that ends with a NUL. */
static int value_of(piece raw, double *value) {
    char text[LONGEST_NUMBER + 1];
    int64_t at = 0, size = raw.size;
    if (!size || size > LONGEST_NUMBER) return GIVE_UP;
    memcpy(text, raw.text, (size_t)size);
    text[size] = 0;
    at += text[0] == '-';
    if (!is_digit((uint8_t)text[at])) return GIVE_UP;
    while (is_digit((uint8_t)text[at])) at++;
    if (text[at] == '.') {
        if (!is_digit((uint8_t)text[++at])) return GIVE_UP;
        while (is_digit((uint8_t)text[at])) at++;
    }
    if (text[at] == 'e' || text[at] == 'E') {
        at++;
        at += text[at] == '-' || text[at] == '+';
        if (!is_digit((uint8_t)text[at])) return GIVE_UP;
        while (is_digit((uint8_t)text[at])) at++;
    }
    if (at != size) return GIVE_UP;
    *value = strtod(text, NULL);
    /* A negative zero is shown in two ways. */
    return isfinite(*value) && fabs(*value) < 1e18 && !(*value == 0 && text[0] == '-') ? 1 : GIVE_UP;
}

/* A whole number with the zeros of its format. */
static int put_padded(sheet *out, int32_t at, const char *text, int digits) {
    char shown[NOT_SIMPLE + LONGEST_NUMBER + 8];
    int negative = *text == '-', size = (int)strlen(text) - negative, zeros = digits > size ? digits - size : 0;
    shown[0] = '-';
    memset(shown + negative, '0', (size_t)zeros);
    memcpy(shown + negative + zeros, text + negative, (size_t)size);
    return put_text(out, at, (uint8_t *)shown, negative + zeros + size);
}

static int note_special(sheet *out, int32_t at, uint32_t kind) {
    uint32_t found[3] = {(uint32_t)out->line, (uint32_t)at, kind};
    return out->wanted ? append(&out->special, found, sizeof found) : 1;
}

static int put_number(sheet *out, int32_t at, piece raw, int pad) {
    column *to = column_of(out, at);
    char text[LONGEST_NUMBER + 8];
    int whole;
    if (note_special(out, at, 0) < 0) return NO_MEMORY;
    if (is_canonical(raw)) {
        whole = !memchr(raw.text, '.', (size_t)raw.size);
        if (!pad && !to->warns && (whole || to->decimal == '.')) return put_ready(out, at, raw.text, raw.size);
        if (raw.size > LONGEST_NUMBER) return GIVE_UP;
        memcpy(text, raw.text, (size_t)raw.size);
        text[raw.size] = 0;
    } else {
        double value;
        if (value_of(raw, &value) < 0) return GIVE_UP;
        whole = value == floor(value);
        snprintf(text, sizeof text, whole ? "%.0f" : "%.15g", value);
    }
    if (pad && to->padded) {
        if (pad == NOT_SIMPLE) return GIVE_UP;
        return whole ? put_padded(out, at, text, pad) : put_text(out, at, (uint8_t *)text, (int64_t)strlen(text));
    }
    char *point = strchr(text, '.');
    if (to->warns && !point && !strchr(text, 'e') && out->line >= out->next_line && !to->numbers++)
        memcpy(to->example, text, strlen(text) + 1);
    if (point) *point = (char)to->decimal;
    return put_text(out, at, (uint8_t *)text, (int64_t)strlen(text));
}

/* The day of a number of days since 1970, from March 1900 to 9999, by eras of 400 years that begin in March. */
static void write_day(char *text, int64_t days) {
    int64_t since = days + 719468, era = since / 146097, of_era = since % 146097;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    int64_t month = (5 * of_year + 2) / 153, day = of_year - (153 * month + 2) / 5 + 1;
    month += month < 10 ? 3 : -9;
    year += era * 400 + (month <= 2);
    snprintf(text, 32, "%04d-%02d-%02d", (int)year, (int)month, (int)day);
}

static int put_moment(sheet *out, int32_t at, piece raw) {
    column *to = column_of(out, at);
    char text[80];
    double value;
    if (value_of(raw, &value) < 0 || value <= 0) return GIVE_UP;
    double days = floor(value) + (out->is_1904 ? 1462 : 0), time = (value - floor(value)) * 86400;
    int seconds = (int)(time + 0.5);
    /* Milliseconds, and what rounds to midnight, are left to others. */
    if (time != 0 && (fabs(time - seconds) > 0.0004 || seconds < 1 || seconds > 86399)) return GIVE_UP;
    if (value >= 1 && (days < 61 || days > 2958465)) return GIVE_UP;
    int size = 0;
    if (value >= 1) {
        if (time != 0 ? to->moments < 0 : to->days < 0) return GIVE_UP;
        write_day(text, (int64_t)days - 25569);
        size = 10;
        if (time != 0 || to->days == ALWAYS_MOMENT) text[size++] = 'T';
    } else if (to->times < 0) {
        return GIVE_UP;
    }
    if (size != 10)
        size += snprintf(text + size, 16, "%02d:%02d:%02d", seconds / 3600, seconds / 60 % 60, seconds % 60);
    if (value >= 1 && time != 0 && note_special(out, at, 1) < 0) return NO_MEMORY;
    return put_ready(out, at, text, size);
}

static int put_fault(sheet *out, int32_t at, piece raw) {
    if (IS(raw, "#N/A") || IS(raw, "#DIV/0!") || IS(raw, "#NAME?") || IS(raw, "#NULL!") || IS(raw, "#NUM!") ||
        IS(raw, "#REF!") || IS(raw, "#VALUE!"))
        return put_ready(out, at, raw.text, raw.size);
    return GIVE_UP;
}

static int put_value(sheet *out, cell found, piece raw) {
    if (found.type == FORMULA_TEXT) {
        out->scratch.size = 0;
        int done = append_text(&out->scratch, raw, 0);
        return done < 0 ? done : put_text(out, found.at, out->scratch.data, out->scratch.size);
    }
    if (!raw.size) return found.type == FAULT ? GIVE_UP : 1;
    if (found.type == SHARED) return put_shared(out, found.at, raw);
    if (found.type == FAULT) return put_fault(out, found.at, raw);
    if (found.type == BOOLEAN) {
        if (raw.size != 1 || (*raw.text != '0' && *raw.text != '1')) return GIVE_UP;
        const char *shown = *raw.text == '1' ? column_of(out, found.at)->yes : column_of(out, found.at)->no;
        return put_ready(out, found.at, shown, (int64_t)strlen(shown));
    }
    if (found.type == INLINE || found.style >= out->styles) return GIVE_UP;
    int kind = found.style < 0 ? NUMBER : out->kinds[found.style];
    if (kind == NUMBER) return put_number(out, found.at, raw, found.style < 0 ? 0 : out->pads[found.style]);
    return kind == MOMENT ? put_moment(out, found.at, raw) : GIVE_UP;
}

/* --- rows -------------------------------------------------------------------------------------------------- */

/* A formula is not read, but what refers to no character makes the sheet damaged for the parser. */
static int has_sound_references(sheet *out, piece text) {
    reader in = {text.text, text.text + text.size};
    while (in.at < in.end && (in.at = memchr(in.at, '&', (size_t)(in.end - in.at)))) {
        in.at++;
        out->scratch.size = 0;
        if (append_reference(&out->scratch, &in) < 0) return 0;
    }
    return 1;
}

/* `<f>…</f>`; tells whether it can be seen that no value follows. */
static int formula(reader *in, sheet *out) {
    piece text;
    int content = other_attributes(in);
    if (content <= 0) return content < 0 ? GIVE_UP : 1;
    if (until_tag(in, &text) < 0 || !SKIP(in, "</f>") || text.size > 1800) return GIVE_UP;
    if (!has_sound_references(out, text)) return GIVE_UP;
    reader next = *in;
    if (SKIP(&next, "</c>") || SKIP(&next, "<v></v>") || SKIP(&next, "<v/>") || SKIP(&next, "<v />")) out->formulas++;
    return 1;
}

/* What stands in a cell, up to its end tag. */
static int cell_content(reader *in, sheet *out, cell found) {
    skip_space(in);
    if (SKIP(in, "<f")) {
        if (formula(in, out) < 0) return GIVE_UP;
        skip_space(in);
    }
    int done = 1;
    if (found.type == INLINE) {
        if (SKIP(in, "</c>")) return 1;
        if (!SKIP(in, "<is>")) return GIVE_UP;
        done = rich_text(in, &out->scratch, "</is>", 5);
        if (done > 0) done = put_text(out, found.at, out->scratch.data, out->scratch.size);
    } else if (SKIP(in, "<v>") || (found.type == FORMULA_TEXT && SKIP(in, "<v xml:space=\"preserve\">"))) {
        piece raw;
        if (until_tag(in, &raw) < 0 || !SKIP(in, "</v>")) return GIVE_UP;
        done = put_value(out, found, raw);
    } else if (SKIP(in, "<v/>") || SKIP(in, "<v />")) {
        done = put_value(out, found, (piece){in->at, 0});
    } else if (found.type == FAULT) {
        return GIVE_UP;
    }
    if (done < 0) return done;
    skip_space(in);
    return SKIP(in, "</c>") ? 1 : GIVE_UP;
}

/* The column of a reference such as `AB12`, whose line must be the present one. */
static int32_t column_at(const sheet *out, piece reference) {
    int64_t at = 0, line = 0;
    int32_t number = 0;
    for (; at < reference.size && at < 3 && reference.text[at] >= 'A' && reference.text[at] <= 'Z'; at++)
        number = number * 26 + (reference.text[at] - 'A' + 1);
    if (!number || number > LAST_COLUMN || at == reference.size || reference.size > 11) return GIVE_UP;
    if (reference.text[at] == '0') return GIVE_UP;
    for (; at < reference.size; at++) {
        if (!is_digit(reference.text[at])) return GIVE_UP;
        line = line * 10 + (reference.text[at] - '0');
    }
    return line == out->line ? number - 1 : GIVE_UP;
}

static int type_of(piece value) {
    if (value.size == 1) {
        uint8_t letter = *value.text;
        return letter == 's' ? SHARED : letter == 'n' ? PLAIN : letter == 'b' ? BOOLEAN : letter == 'e' ? FAULT : GIVE_UP;
    }
    return IS(value, "str") ? FORMULA_TEXT : IS(value, "inlineStr") ? INLINE : GIVE_UP;
}

static int64_t style_of(piece value) {
    int64_t style = 0;
    if (!value.size || value.size > 6) return GIVE_UP;
    for (int64_t at = 0; at < value.size; at++) {
        if (!is_digit(value.text[at])) return GIVE_UP;
        style = style * 10 + (value.text[at] - '0');
    }
    return style;
}

/* `<c …>…</c>`, `in` being after its `<c`; `previous` is the column of the one before. */
static int take_cell(reader *in, sheet *out, int32_t *previous) {
    cell found = {-1, NO_TYPE, -1};
    piece name, value;
    int more;
    while ((more = attribute(in, &name, &value)) > 0) {
        if (name.size != 1) return GIVE_UP;
        if (*name.text == 'r' && found.at < 0) {
            if ((found.at = column_at(out, value)) < 0) return GIVE_UP;
        } else if (*name.text == 's' && found.style < 0) {
            if ((found.style = style_of(value)) < 0) return GIVE_UP;
        } else if (*name.text == 't' && found.type == NO_TYPE) {
            if ((found.type = type_of(value)) < 0) return GIVE_UP;
        } else {
            return GIVE_UP;
        }
    }
    if (more < 0 || found.at <= *previous) return GIVE_UP;
    *previous = found.at;
    int content = end_of_tag(in);
    return content <= 0 ? (content < 0 ? GIVE_UP : 1) : cell_content(in, out, found);
}

/* `<row …>`, `in` being after its `<row`: 1 when cells follow, 0 when the row is empty. */
static int row_tag(reader *in, sheet *out) {
    reader again = *in;
    piece name, value;
    int64_t line = 0;
    while (attribute(&again, &name, &value) > 0)
        if (IS(name, "r")) {
            if (!value.size || value.size > 7) return GIVE_UP;
            for (int64_t at = 0; at < value.size; at++) {
                if (!is_digit(value.text[at])) return GIVE_UP;
                line = line * 10 + (value.text[at] - '0');
            }
        }
    if (line <= out->line || line > LAST_LINE) return GIVE_UP;
    out->line = line;
    return other_attributes(in);
}

static int end_line(sheet *out) {
    if (!out->filled) return 1;
    int64_t missing = out->width - 1 - out->cursor;
    if (missing < 0) missing = 0;
    if (reserve(&out->text, missing + 1) < 0) return NO_MEMORY;
    memset(out->text.data + out->text.size, ',', (size_t)missing);
    out->text.size += missing;
    out->text.data[out->text.size++] = '\n';
    out->next_line = out->line + 1;
    return 1;
}

static int take_row(reader *in, sheet *out) {
    int32_t previous = -1;
    out->filled = out->cursor = 0;
    int content = row_tag(in, out);
    if (content <= 0) return content < 0 ? GIVE_UP : 1;
    for (;;) {
        skip_space(in);
        if (SKIP(in, "</row>")) return end_line(out);
        if (!SKIP(in, "<c")) return GIVE_UP;
        int done = take_cell(in, out, &previous);
        if (done < 0) return done;
    }
}

/* Convert a piece that holds whole rows: MORE, COMPLETE at the end of the sheet, ENOUGH, GIVE_UP or NO_MEMORY. */
EXPORT int socle_sheet(sheet *out, const uint8_t *xml, int64_t size) {
    reader in = {xml, xml + size};
    out->written += out->text.size;
    out->text.size = 0;
    for (;;) {
        skip_space(&in);
        out->consumed = in.at - xml;
        if (in.at == in.end) return MORE;
        if (SKIP(&in, "</sheetData>")) {
            out->consumed = in.at - xml;
            return COMPLETE;
        }
        if (!SKIP(&in, "<row")) return GIVE_UP;
        if (out->wanted && out->top && out->line >= out->top + out->wanted - 1) return ENOUGH;
        int done = take_row(&in, out);
        if (done < 0) return done;
    }
}

EXPORT void socle_sheet_free(sheet *old) {
    free(old->text.data);
    free(old->special.data);
    free(old->scratch.data);
    memset(&old->text, 0, sizeof old->text);
    memset(&old->special, 0, sizeof old->special);
    memset(&old->scratch, 0, sizeof old->scratch);
}
