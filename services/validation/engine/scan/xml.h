/* A cursor over XML that gives up on whatever is unusual. Part of `sheet.c`. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Many times what a spreadsheet lets a cell hold. */
#define LONGEST_TEXT (1 << 18)

/* What a function answers, besides yes (1) and no (0). */
enum { GIVE_UP = -1, NO_MEMORY = -2 };

typedef struct {
    uint8_t *data;
    int64_t size;
    int64_t room;
} bytes;

typedef struct {
    const uint8_t *at;
    const uint8_t *end;
} reader;

typedef struct {
    const uint8_t *text;
    int64_t size;
} piece;

static int reserve(bytes *buffer, int64_t more) {
    if (more <= buffer->room - buffer->size) return 1;
    int64_t room = buffer->room ? buffer->room : 4096;
    while (room - buffer->size < more) room *= 2;
    uint8_t *grown = realloc(buffer->data, (size_t)room);
    if (!grown) return NO_MEMORY;
    buffer->data = grown;
    buffer->room = room;
    return 1;
}

static int append(bytes *buffer, const void *text, int64_t size) {
    if (reserve(buffer, size) < 0) return NO_MEMORY;
    if (size) memcpy(buffer->data + buffer->size, text, (size_t)size);
    buffer->size += size;
    return 1;
}

static int is_space(uint8_t byte) { return byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t'; }
static int is_digit(uint8_t byte) { return byte >= '0' && byte <= '9'; }
static int is_letter(uint8_t byte) { return (byte | 32) >= 'a' && (byte | 32) <= 'z'; }

static int skip_text(reader *in, const char *text, int64_t size) {
    if (in->end - in->at < size || memcmp(in->at, text, (size_t)size) != 0) return 0;
    in->at += size;
    return 1;
}
#define SKIP(in, text) skip_text(in, text, (int64_t)sizeof(text) - 1)
#define IS(found, name) ((found).size == (int64_t)sizeof(name) - 1 && !memcmp((found).text, name, sizeof(name) - 1))

static void skip_space(reader *in) {
    while (in->at < in->end && is_space(*in->at)) in->at++;
}

/* The next attribute of an element: 1, or 0 at its end. Its value is plain ASCII, without references. */
static int attribute(reader *in, piece *name, piece *value) {
    const uint8_t *before = in->at;
    skip_space(in);
    if (in->at == in->end) return GIVE_UP;
    if (*in->at == '>' || *in->at == '/') return 0;
    if (in->at == before) return GIVE_UP;
    name->text = in->at;
    while (in->at < in->end && (is_letter(*in->at) || is_digit(*in->at) || *in->at == ':' || *in->at == '_')) in->at++;
    name->size = in->at - name->text;
    if (!name->size || is_digit(*name->text) || !SKIP(in, "=\"")) return GIVE_UP;
    value->text = in->at;
    while (in->at < in->end && *in->at != '"') {
        if (*in->at < ' ' || *in->at > '~' || *in->at == '<' || *in->at == '>' || *in->at == '&') return GIVE_UP;
        in->at++;
    }
    if (in->at == in->end) return GIVE_UP;
    value->size = in->at++ - value->text;
    return 1;
}

/* The end of a start tag, after its attributes: 1 when content follows, 0 for an empty element. */
static int end_of_tag(reader *in) {
    if (SKIP(in, "/>")) return 0;
    return SKIP(in, ">") ? 1 : GIVE_UP;
}

/* Attributes that say nothing here; none may stand twice. */
static int other_attributes(reader *in) {
    enum { MOST = 24 };
    piece names[MOST], value;
    for (int count = 0;; count++) {
        if (count == MOST) return GIVE_UP;
        int found = attribute(in, &names[count], &value);
        if (found <= 0) return found < 0 ? found : end_of_tag(in);
        for (int other = 0; other < count; other++)
            if (names[other].size == names[count].size &&
                !memcmp(names[other].text, names[count].text, (size_t)names[count].size))
                return GIVE_UP;
    }
}

static int until_tag(reader *in, piece *found) {
    const uint8_t *tag = in->at < in->end ? memchr(in->at, '<', (size_t)(in->end - in->at)) : NULL;
    if (!tag) return GIVE_UP;
    found->text = in->at;
    found->size = tag - in->at;
    if (found->size > LONGEST_TEXT) return GIVE_UP;
    in->at = tag;
    return 1;
}
