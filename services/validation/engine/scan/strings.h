/* The texts of cells: references, spaces, escapes, runs; the table of shared strings. Part of `sheet.c`. */

#include "xml.h"

#define EXPORT __attribute__((visibility("default")))

typedef struct {
    bytes text;   /* the strings, each as a cell of delimited text, end to end */
    bytes ends;   /* where each one ends: 64-bit numbers */
    bytes scratch;
    int64_t consumed;
} strings;

static int append_character(bytes *to, uint32_t code) {
    uint8_t text[4];
    if (code < ' ' && code != '\t' && code != '\n' && code != '\r') return GIVE_UP;
    if ((code >= 0xD800 && code < 0xE000) || code > 0x10FFFF) return GIVE_UP;
    if (code < 0x80) {
        text[0] = (uint8_t)code;
        return append(to, text, 1);
    }
    int tails = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    text[0] = (uint8_t)((0xFF00 >> (tails + 1) & 0xFF) | code >> (6 * tails));
    for (int tail = tails; tail; tail--, code >>= 6) text[tail] = (uint8_t)(0x80 | (code & 0x3F));
    return append(to, text, tails + 1);
}

static int hex_digit(uint8_t byte) {
    if (is_digit(byte)) return byte - '0';
    byte |= 32;
    return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

/* A reference, `in` being after its `&`. */
static int append_reference(bytes *to, reader *in) {
    if (SKIP(in, "amp;")) return append(to, "&", 1);
    if (SKIP(in, "lt;")) return append(to, "<", 1);
    if (SKIP(in, "gt;")) return append(to, ">", 1);
    if (SKIP(in, "quot;")) return append(to, "\"", 1);
    if (SKIP(in, "apos;")) return append(to, "'", 1);
    if (!SKIP(in, "#")) return GIVE_UP;
    uint32_t base = SKIP(in, "x") ? 16 : 10, code = 0;
    const uint8_t *start = in->at;
    for (; in->at < in->end && *in->at != ';'; in->at++) {
        int digit = hex_digit(*in->at);
        if (digit < 0 || (uint32_t)digit >= base || in->at - start == 7) return GIVE_UP;
        code = code * base + (uint32_t)digit;
    }
    return in->at > start && SKIP(in, ";") ? append_character(to, code) : GIVE_UP;
}

/* Spaces beyond ASCII are characters like others. */
static void trim(bytes *text, int64_t start) {
    uint8_t *first = text->data + start;
    int64_t size = text->size - start, skipped = 0;
    while (size && is_space(first[size - 1])) size--;
    while (skipped < size && is_space(first[skipped])) skipped++;
    size -= skipped;
    if (skipped && size) memmove(first, first + skipped, (size_t)size);
    text->size = start + size;
}

/* `_x000D_` is a character by its code. What replaces it is never longer. */
static int unescape(bytes *text, int64_t start) {
    int64_t size = text->size, at = start;
    text->size = start;
    while (at < size) {
        const uint8_t *found = text->data + at;
        int escape = size - at >= 7 && found[0] == '_' && found[1] == 'x' && found[6] == '_';
        uint32_t code = 0;
        for (int digit = 2; escape && digit < 6; digit++) {
            escape = hex_digit(found[digit]) >= 0;
            code = code * 16 + (uint32_t)(escape ? hex_digit(found[digit]) : 0);
        }
        if (escape && append_character(text, code) < 0) return GIVE_UP;
        if (!escape) text->data[text->size++] = *found;
        at += escape ? 7 : 1;
    }
    return 1;
}

/* Append what the raw text of an element stands for. */
static int append_text(bytes *to, piece raw, int trimmed) {
    int64_t start = to->size;
    reader in = {raw.text, raw.text + raw.size};
    int plain = 1;
    for (const uint8_t *at = in.at; at < in.end; at++) {
        if (*at < ' ' && *at != '\t' && *at != '\n') return GIVE_UP;
        plain &= *at != '&';
    }
    if (plain && append(to, raw.text, raw.size) < 0) return NO_MEMORY;
    while (!plain && in.at < in.end) {
        const uint8_t *next = memchr(in.at, '&', (size_t)(in.end - in.at));
        int64_t size = (next ? next : in.end) - in.at;
        if (append(to, in.at, size) < 0) return NO_MEMORY;
        in.at += size;
        if (!next) break;
        in.at++;
        int done = append_reference(to, &in);
        if (done < 0) return done;
    }
    if (to->size == start) return 1;
    if (trimmed) trim(to, start);
    return memchr(to->data + start, '_', (size_t)(to->size - start)) ? unescape(to, start) : 1;
}

/* `<t>…</t>`, `in` being after its `<t`. */
static int text_element(reader *in, bytes *to) {
    piece raw;
    if (SKIP(in, "/>") || SKIP(in, " />")) return 1;
    int kept = SKIP(in, " xml:space=\"preserve\">");
    if (!kept && !SKIP(in, ">")) return GIVE_UP;
    if (until_tag(in, &raw) < 0 || !SKIP(in, "</t>")) return GIVE_UP;
    return append_text(to, raw, !kept);
}

/* The properties of a run: empty elements only. */
static int run_properties(reader *in) {
    if (SKIP(in, "/>")) return 1;
    if (!SKIP(in, ">")) return GIVE_UP;
    for (;;) {
        skip_space(in);
        if (SKIP(in, "</rPr>")) return 1;
        if (!SKIP(in, "<") || in->at == in->end || !is_letter(*in->at)) return GIVE_UP;
        while (in->at < in->end && is_letter(*in->at)) in->at++;
        if (other_attributes(in) != 0) return GIVE_UP;
    }
}

static int run(reader *in, bytes *to) {
    skip_space(in);
    if (SKIP(in, "<rPr") && run_properties(in) < 0) return GIVE_UP;
    skip_space(in);
    if (!SKIP(in, "<t")) return GIVE_UP;
    int done = text_element(in, to);
    if (done < 0) return done;
    skip_space(in);
    return SKIP(in, "</r>") ? 1 : GIVE_UP;
}

static int phonetic(reader *in, bytes *to) {
    int64_t size = to->size;
    if (other_attributes(in) != 1) return GIVE_UP;
    skip_space(in);
    if (!SKIP(in, "<t")) return GIVE_UP;
    int done = text_element(in, to);
    if (done < 0) return done;
    to->size = size;
    skip_space(in);
    return SKIP(in, "</rPh>") ? 1 : GIVE_UP;
}

/* A rich text up to its end tag: the texts of its runs, without the phonetic ones. */
static int rich_text(reader *in, bytes *to, const char *end, int64_t size) {
    int done = 1;
    to->size = 0;
    while (done > 0) {
        skip_space(in);
        if (skip_text(in, end, size)) return 1;
        if (SKIP(in, "<rPh"))
            done = phonetic(in, to);
        else if (SKIP(in, "<r>"))
            done = run(in, to);
        else if (SKIP(in, "<phoneticPr"))
            done = other_attributes(in) == 0 ? 1 : GIVE_UP;
        else
            done = SKIP(in, "<t") ? text_element(in, to) : GIVE_UP;
    }
    return done;
}

/* Append a text as a cell of delimited text. */
static int append_cell(bytes *to, const uint8_t *text, int64_t size) {
    int quoted = 0;
    for (int64_t at = 0; at < size; at++)
        quoted |= text[at] == '"' || text[at] == ',' || text[at] == '\n' || text[at] == '\r';
    if (!quoted) return append(to, text, size);
    if (reserve(to, 2 * size + 2) < 0) return NO_MEMORY;
    to->data[to->size++] = '"';
    for (int64_t at = 0; at < size; at++) {
        if (text[at] == '"') to->data[to->size++] = '"';
        to->data[to->size++] = text[at];
    }
    to->data[to->size++] = '"';
    return 1;
}

/* Read the strings of a piece of the table of shared strings, up to what is no string: see `consumed`. */
EXPORT int socle_strings(strings *to, const uint8_t *xml, int64_t size, int64_t most) {
    reader in = {xml, xml + size};
    for (;;) {
        skip_space(&in);
        to->consumed = in.at - xml;
        if (!SKIP(&in, "<si>")) return 1;
        int done = rich_text(&in, &to->scratch, "</si>", 5);
        if (done > 0) done = append_cell(&to->text, to->scratch.data, to->scratch.size);
        if (done > 0) done = append(&to->ends, &to->text.size, sizeof(int64_t));
        if (done < 0) return done;
        if (to->text.size > most) return GIVE_UP;
    }
}

EXPORT void socle_strings_free(strings *old) {
    free(old->text.data);
    free(old->ends.data);
    free(old->scratch.data);
    memset(old, 0, sizeof *old);
}
