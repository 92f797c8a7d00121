#include "git-vault/front/json.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "base/enc.h"
#include "base/err.h"
#include "base/time.h"
#include "base/utf8.h"
#include "git-vault/front/out.h"
#include "repo/oid.h"

/* How much is held before it goes out. */
#define FULL (64 * 1024)

static void
hand_over(struct gv_json *j)
{
	if (j->out == NULL)
		return;
	gv_out_write(j->out, j->buf.p, j->buf.len);
	gv_buf_truncate(&j->buf, 0);
}

/* Most of a document are names and short texts, so each goes in at once. */
static void
begin_value(struct gv_json *j, const char *key)
{
	size_t len = key ? strlen(key) : 0;
	char *p;

	if (j->buf.len >= FULL)
		hand_over(j);
	if (gv_buf_grow(&j->buf, len + 4) < 0)
		return;
	p = j->buf.p + j->buf.len;
	if (j->comma)
		*p++ = ',';
	j->comma = true;
	if (key) {
		*p++ = '"';
		memcpy(p, key, len);
		p += len;
		*p++ = '"';
		*p++ = ':';
	}
	*p = '\0';
	j->buf.len = (size_t)(p - j->buf.p);
}

static void
open_level(struct gv_json *j, const char *key, const char *brackets)
{
	assert(j->depth < GV_JSON_DEPTH);
	begin_value(j, key);
	gv_buf_addch(&j->buf, brackets[0]);
	j->closing[j->depth++] = brackets[1];
	j->comma = false;
}

/* A part that is put into a document later has no `out`. */
void
gv_json_object(struct gv_json *j, const char *key)
{
	bool is_document = j->depth == 0 && j->out && !j->is_foreign;

	open_level(j, key, "{}");
	if (is_document)
		gv_json_int(j, "schema", GV_JSON_SCHEMA);
}

void
gv_json_array(struct gv_json *j, const char *key)
{
	open_level(j, key, "[]");
}

void
gv_json_end(struct gv_json *j)
{
	assert(j->depth > 0);
	gv_buf_addch(&j->buf, j->closing[--j->depth]);
	j->comma = j->depth > 0;
	if (j->depth == 0)
		gv_buf_addch(&j->buf, '\n');
}

static void
add_char(struct gv_buf *b, uint32_t c, const char *p, size_t n)
{
	static const char letters[] = "btn\0fr"; /* from 8 on */

	if (c == '"' || c == '\\')
		gv_buf_addf(b, "\\%c", (char)c);
	else if (c >= 8 && c <= 13 && c != 11)
		gv_buf_addf(b, "\\%c", letters[c - 8]);
	else if (c < 0x20 || c == 0x7f)
		gv_buf_addf(b, "\\u%04x", (unsigned)c);
	else
		gv_buf_add(b, p, n);
}

/* Whether a byte must be looked at closely, of eight at once: the highest bit
 * of each that is no ASCII, a control character, '"' or '\\'. A byte above one
 * of these may be told as well, which costs a look. */
static uint64_t
odd_bytes(uint64_t v)
{
	const uint64_t ones = UINT64_MAX / 255, high = ones << 7;
	uint64_t quote = v ^ ones * '"', slash = v ^ ones * '\\',
		 del = v ^ ones * 0x7f;

	return (v | (v - ones * ' ') | (quote - ones) | (slash - ones) |
		   (del - ones)) &
	    high;
}

/* How many of the bytes stand for themselves. */
static size_t
count_plain(const char *p, size_t len)
{
	size_t n = 0;
	uint64_t v;

	for (; len - n >= sizeof(v); n += sizeof(v)) {
		memcpy(&v, p + n, sizeof(v));
		if (odd_bytes(v))
			break;
	}
	while (n < len && p[n] >= ' ' && p[n] <= '~' && p[n] != '"' &&
	    p[n] != '\\')
		n++;
	return n;
}

static void
add_odd(struct gv_buf *b, const char *p, size_t len)
{
	uint32_t c;

	while (len > 0) {
		size_t n = count_plain(p, len);

		gv_buf_add(b, p, n);
		p += n;
		len -= n;
		if (len == 0)
			break;
		n = gv_utf8_next(&c, p, len);
		if (n)
			add_char(b, c, p, n);
		else
			gv_buf_addstr(b, "\xef\xbf\xbd"); /* U+FFFD */
		p += n ? n : 1;
		len -= n ? n : 1;
	}
}

/* The first `plain` bytes are known to stand for themselves. */
static void
add_string(struct gv_buf *b, const char *text, size_t len, size_t plain)
{
	char *p;

	if (gv_buf_grow(b, plain + 2) < 0)
		return;
	p = b->p + b->len;
	*p = '"';
	memcpy(p + 1, text, plain);
	b->len += plain + 1;
	add_odd(b, text + plain, len - plain);
	gv_buf_addch(b, '"');
}

static void
add_base64(struct gv_json *j, const char *key, const char *data, size_t len)
{
	gv_buf_addf(&j->buf, ",\"%s_base64\":\"", key);
	gv_enc_base64(&j->buf, data, len);
	gv_buf_addch(&j->buf, '"');
}

/* `item` is the name of it where it stands in an array. */
static void
put_text(struct gv_json *j, const char *key, const char *item, const char *text,
    size_t len)
{
	size_t plain = count_plain(text, len);
	bool valid = gv_utf8_is_valid(text + plain, len - plain);
	bool is_alone = key == NULL && !valid && !j->is_foreign;

	if (is_alone) {
		gv_json_object(j, NULL);
		key = item;
	}
	begin_value(j, key);
	add_string(&j->buf, text, len, plain);
	if (!valid && key && !j->is_foreign)
		add_base64(j, key, text, len);
	if (is_alone)
		gv_json_end(j);
}

void
gv_json_text(struct gv_json *j, const char *key, const char *text, size_t len)
{
	put_text(j, key, "text", text, len);
}

void
gv_json_path(struct gv_json *j, const char *key, const char *path, size_t len)
{
	put_text(j, key, "path", path, len);
}

int
gv_json_stream(struct gv_json *j, const char *key)
{
	begin_value(j, key);
	return gv_json_flush(j);
}

void
gv_json_insert(struct gv_json *j, const char *key, const struct gv_json *value)
{
	size_t len = value->buf.len;

	assert(value->depth == 0);
	begin_value(j, key);
	if (len && value->buf.p[len - 1] == '\n')
		len--;
	gv_buf_add(&j->buf, value->buf.p, len);
}

void
gv_json_string(struct gv_json *j, const char *key, const char *text)
{
	if (text)
		gv_json_text(j, key, text, strlen(text));
	else
		gv_json_null(j, key);
}

void
gv_json_int(struct gv_json *j, const char *key, int64_t value)
{
	begin_value(j, key);
	gv_buf_addf(&j->buf, "%" PRId64, value);
}

void
gv_json_uint(struct gv_json *j, const char *key, uint64_t value)
{
	char text[GV_ENC_DECIMAL_MAX];
	size_t len = gv_enc_decimal(text, value);

	begin_value(j, key);
	gv_buf_add(&j->buf, text, len);
}

void
gv_json_bool(struct gv_json *j, const char *key, bool value)
{
	begin_value(j, key);
	gv_buf_addstr(&j->buf, value ? "true" : "false");
}

void
gv_json_null(struct gv_json *j, const char *key)
{
	begin_value(j, key);
	gv_buf_addstr(&j->buf, "null");
}

/* A text of digits and letters. */
static void
add_word(struct gv_json *j, const char *key, const char *text, size_t len)
{
	begin_value(j, key);
	gv_buf_addch(&j->buf, '"');
	gv_buf_add(&j->buf, text, len);
	gv_buf_addch(&j->buf, '"');
}

void
gv_json_lines(struct gv_json *j, const char *key, const char *text)
{
	size_t len;

	gv_json_array(j, key);
	for (; text && *text; text += len + (text[len] == '\n')) {
		len = strcspn(text, "\n");
		gv_json_text(j, NULL, text, len);
	}
	gv_json_end(j);
}

void
gv_json_time(struct gv_json *j, const char *key, int64_t seconds)
{
	char text[GV_TIME_MAX];

	gv_time_rfc3339(text, seconds);
	add_word(j, key, text, strlen(text));
}

void
gv_json_oid(struct gv_json *j, const char *key, const struct gv_oid *oid)
{
	char hex[GV_OID_HEX + 1];

	if (gv_oid_is_zero(oid)) {
		gv_json_null(j, key);
		return;
	}
	gv_oid_format(hex, oid);
	add_word(j, key, hex, GV_OID_HEX);
}

int
gv_json_flush(struct gv_json *j)
{
	int r = gv_buf_check(&j->buf);

	if (r == 0)
		hand_over(j);
	return r;
}

void
gv_json_abandon(struct gv_json *j)
{
	if (j->depth == 0)
		return;
	j->depth = 0;
	j->comma = false;
	gv_buf_truncate(&j->buf, 0);
}

void
gv_json_release(struct gv_json *j)
{
	if (j)
		gv_buf_release(&j->buf);
}
