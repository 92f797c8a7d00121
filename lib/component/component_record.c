#include "component/component_record.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/enc.h"
#include "base/err.h"

/*
 *	git-vault component 1
 *	KEY VALUE	a line each, each key at most once, in any order
 *	binding DIGITS
 */

#define HEAD     "git-vault component 1\n"
#define LINE_MAX 1024
#define TEXT_MAX ((size_t)16 * 1024)

/* ---- writing ------------------------------------------------------------- */

/* A control character would end the line. */
static void
add_text(struct gv_buf *out, const char *key, const char *text)
{
	if (text == NULL || *text == '\0')
		return;
	gv_buf_addf(out, "%s ", key);
	for (; *text; text++)
		gv_buf_addch(out, (unsigned char)*text < ' ' ? ' ' : *text);
	gv_buf_addch(out, '\n');
}

static void
add_number(struct gv_buf *out, const char *key, uint64_t n)
{
	gv_buf_addf(out, "%s %" PRIu64 "\n", key, n);
}

void
gv_component_record_write(
    struct gv_buf *out, const struct gv_component_record *record)
{
	char hex[2 * GV_COMPONENT_READERS + 1], oid[GV_OID_HEX + 1];

	gv_buf_addstr(out, HEAD);
	add_text(out, "id", record->id);
	add_text(out, "name", record->name);
	add_text(out, "env", record->env);
	add_text(out, "engine", record->engine);
	add_text(out, "host", record->host);
	add_text(out, "mode", record->mode);
	add_text(out, "label", record->label);
	add_text(out, "point", record->point);
	add_text(out, "outside", record->outside);
	add_text(out, "lsn", record->lsn);
	add_text(out, "base", record->base);
	add_number(out, "bytes", record->bytes);
	add_number(out, "pieces", record->pieces);
	add_number(out, "fresh", record->fresh);
	add_number(out, "deltas", record->deltas);
	gv_oid_format(oid, &record->code);
	add_text(out, "code", gv_oid_is_zero(&record->code) ? NULL : oid);
	add_text(out, "key", record->key);
	gv_enc_hex(hex, record->readers, GV_COMPONENT_READERS);
	add_text(out, "readers", hex);
}

void
gv_component_record_write_binding(
    struct gv_buf *out, const struct gv_digest *binding)
{
	char hex[2 * GV_DIGEST_BYTES + 1];

	gv_enc_hex(hex, binding->bytes, GV_DIGEST_BYTES);
	add_text(out, "binding", hex);
}

/* ---- reading ------------------------------------------------------------- */

static int
damaged(void)
{
	return gv_err(GV_ECORRUPT, "its record is invalid");
}

static int
take_text(char **out, const char *p, size_t len)
{
	if (*out || len == 0)
		return damaged();
	*out = strndup(p, len);
	return *out ? 0 : gv_err_nomem();
}

static int
take_number(uint64_t *out, const char *p, size_t len)
{
	size_t i;

	if (*out || len == 0 || len > 18)
		return damaged();
	for (i = 0; i < len; i++) {
		if (p[i] < '0' || p[i] > '9')
			return damaged();
		*out = *out * 10 + (uint64_t)(p[i] - '0');
	}
	return 0;
}

static int
take_id(char out[GV_RECORD_ID_LEN + 1], const char *p, size_t len)
{
	if (*out || !gv_record_is_id(p, len))
		return damaged();
	memcpy(out, p, len);
	return 0;
}

static int
take_hex(unsigned char *out, size_t n, const char *p, size_t len)
{
	return len == 2 * n && gv_enc_unhex(out, p, n) == 0 ? 0 : damaged();
}

static int
take_key(struct gv_component_record *out, const char *p, size_t len)
{
	if (len != GV_COMPONENT_KEY || *out->key)
		return damaged();
	memcpy(out->key, p, len);
	return 0;
}

static int
take_code(struct gv_component_record *out, const char *p, size_t len)
{
	char hex[GV_OID_HEX + 1];

	if (len != GV_OID_HEX)
		return damaged();
	memcpy(hex, p, len);
	hex[len] = '\0';
	return gv_oid_parse(&out->code, hex) < 0 ? damaged() : 0;
}

static bool
is(const char *key, size_t len, const char *word)
{
	return strlen(word) == len && memcmp(key, word, len) == 0;
}

static int
take_line(struct gv_component_record *out, const char *key, size_t n,
    const char *value, size_t len)
{
	struct {
		const char *word;
		char **text;
	} const texts[] = { { "name", &out->name }, { "env", &out->env },
		{ "engine", &out->engine }, { "host", &out->host },
		{ "mode", &out->mode }, { "label", &out->label },
		{ "point", &out->point }, { "outside", &out->outside },
		{ "lsn", &out->lsn } };
	struct {
		const char *word;
		uint64_t *number;
	} const numbers[] = { { "bytes", &out->bytes },
		{ "pieces", &out->pieces }, { "fresh", &out->fresh },
		{ "deltas", &out->deltas } };
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (is(key, n, texts[i].word))
			return take_text(texts[i].text, value, len);
	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (is(key, n, numbers[i].word))
			return take_number(numbers[i].number, value, len);
	if (is(key, n, "id"))
		return take_id(out->id, value, len);
	if (is(key, n, "base"))
		return take_id(out->base, value, len);
	if (is(key, n, "key"))
		return take_key(out, value, len);
	if (is(key, n, "code"))
		return take_code(out, value, len);
	if (is(key, n, "readers"))
		return take_hex(out->readers, GV_COMPONENT_READERS, value, len);
	if (is(key, n, "binding")) {
		out->is_bound = true;
		return take_hex(
		    out->binding.bytes, GV_DIGEST_BYTES, value, len);
	}
	return 0; /* a later version's */
}

static int
read_lines(struct gv_component_record *out, size_t *bound, const char *text,
    size_t len)
{
	const char *p = text, *end = text + len, *line, *blank;
	int r = 0;

	if (len < strlen(HEAD) || len > TEXT_MAX ||
	    memcmp(text, HEAD, strlen(HEAD)) != 0 || memchr(text, '\0', len))
		return damaged();
	for (p += strlen(HEAD); r == 0 && p < end; p = line + 1) {
		line = memchr(p, '\n', (size_t)(end - p));
		blank = line ? memchr(p, ' ', (size_t)(line - p)) : NULL;
		/* nothing comes after the binding, or it would not be bound */
		if (blank == NULL || line - p > LINE_MAX || out->is_bound)
			return damaged();
		*bound = (size_t)(p - text);
		r = take_line(out, p, (size_t)(blank - p), blank + 1,
		    (size_t)(line - blank - 1));
	}
	return r;
}

int
gv_component_record_read(struct gv_component_record *out, size_t *bound,
    const char *text, size_t len)
{
	int r;

	*out = (struct gv_component_record){ .name = NULL };
	*bound = 0;
	r = read_lines(out, bound, text, len);
	if (r == 0 &&
	    (*out->id == '\0' || out->name == NULL || out->env == NULL ||
		out->engine == NULL || *out->key == '\0' || !out->is_bound))
		r = damaged();
	if (r < 0)
		gv_component_record_release(out);
	return r;
}

void
gv_component_record_release(struct gv_component_record *record)
{
	free(record->name);
	free(record->env);
	free(record->engine);
	free(record->host);
	free(record->mode);
	free(record->label);
	free(record->point);
	free(record->outside);
	free(record->lsn);
	*record = (struct gv_component_record){ .name = NULL };
}
