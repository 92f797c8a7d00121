#include "statelock/statelock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/enc.h"
#include "base/err.h"
#include "base/time.h"
#include "base/utf8.h"
#include "format/unjson.h"
#include "sys/clock.h"
#include "sys/env.h"

/* What Terraform calls them, and in its order. */
static const struct {
	const char *name;
	size_t at;
} fields[] = {
	{ "ID", offsetof(struct gv_statelock_record, id) },
	{ "Operation", offsetof(struct gv_statelock_record, operation) },
	{ "Info", offsetof(struct gv_statelock_record, info) },
	{ "Who", offsetof(struct gv_statelock_record, who) },
	{ "Version", offsetof(struct gv_statelock_record, version) },
	{ "Created", offsetof(struct gv_statelock_record, created) },
	{ "Path", offsetof(struct gv_statelock_record, path) },
};

#define N_FIELDS (sizeof(fields) / sizeof(fields[0]))

static char **
field(struct gv_statelock_record *rec, size_t i)
{
	return (char **)((char *)rec + fields[i].at);
}

static const char *
value(const struct gv_statelock_record *rec, size_t i)
{
	const char *text =
	    *(const char *const *)((const char *)rec + fields[i].at);

	return text ? text : "";
}

void
gv_statelock_record_release(struct gv_statelock_record *rec)
{
	size_t i;

	if (rec == NULL)
		return;
	for (i = 0; i < N_FIELDS; i++)
		free(*field(rec, i));
	memset(rec, 0, sizeof(*rec));
}

/* ---- read ---- */

static int
read_field(char **out, const struct gv_unjson_node *root, const char *name)
{
	const struct gv_unjson_node *node = gv_unjson_get(root, name);
	const char *text = gv_unjson_get_text(root, name);

	if (node && node->kind != GV_UNJSON_NULL && text == NULL)
		return gv_err(GV_ECORRUPT, "its %s is no text", name);
	*out = strdup(text ? text : "");
	return *out ? 0 : gv_err_nomem();
}

static int
read_fields(struct gv_statelock_record *rec, const struct gv_unjson_node *root)
{
	size_t i;
	int r = root->kind == GV_UNJSON_MAP
	    ? 0
	    : gv_err(GV_ECORRUPT, "it is no JSON object");

	for (i = 0; r == 0 && i < N_FIELDS; i++)
		r = read_field(field(rec, i), root, fields[i].name);
	if (r == 0 && *rec->id == '\0')
		r = gv_err(GV_ECORRUPT, "it has no ID");
	rec->has_time =
	    r == 0 && gv_time_parse_rfc3339(&rec->time, rec->created) == 0;
	return r;
}

int
gv_statelock_parse(
    struct gv_statelock_record *out, const char *text, size_t len)
{
	struct gv_statelock_record rec = { 0 };
	struct gv_buf copy = GV_BUF_INIT;
	struct gv_unjson *doc = NULL;
	int r;

	memset(out, 0, sizeof(*out));
	if (len > GV_STATELOCK_MAX)
		return gv_err(GV_ECORRUPT,
		    "it has %zu bytes, more than a record can have", len);
	gv_buf_add(&copy, text, len);
	gv_buf_addch(&copy, '\0');
	if ((r = gv_buf_check(&copy)) == 0)
		r = gv_unjson_parse(&doc, "it", copy.p, len);
	if (r == GV_EREFUSED)
		r = GV_ECORRUPT;
	if (r == 0 && (r = read_fields(&rec, gv_unjson_root(doc))) == 0)
		*out = rec;
	else
		gv_statelock_record_release(&rec);
	gv_unjson_free(doc);
	gv_buf_release(&copy);
	return r;
}

/* ---- write ---- */

static void
add_text(struct gv_buf *out, const char *text)
{
	size_t n, len = strlen(text);
	uint32_t c;

	gv_buf_addch(out, '"');
	for (; len; text += n, len -= n) {
		n = gv_utf8_next(&c, text, len);
		if (n == 0) {
			gv_buf_addstr(out, "\xef\xbf\xbd");
			n = 1;
		} else if (c < ' ' || c == '"' || c == '\\' || c == 0x7f) {
			gv_buf_addf(out, "\\u%04x", (unsigned)c);
		} else {
			gv_buf_add(out, text, n);
		}
	}
	gv_buf_addch(out, '"');
}

void
gv_statelock_format(struct gv_buf *out, const struct gv_statelock_record *rec)
{
	size_t i;

	for (i = 0; i < N_FIELDS; i++) {
		gv_buf_addf(out, "%s\"%s\":", i ? "," : "{", fields[i].name);
		add_text(out, value(rec, i));
	}
	gv_buf_addstr(out, "}\n");
}

/* ---- of our own ---- */

int
gv_statelock_id(char out[GV_STATELOCK_ID])
{
	unsigned char b[16];
	char hex[2 * sizeof(b) + 1];
	int r = gv_clock_random(b, sizeof(b));

	if (r < 0)
		return r;
	/* a UUID of RFC 9562, version 4, as Terraform has them */
	b[6] = (unsigned char)((b[6] & 0x0f) | 0x40);
	b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
	gv_enc_hex(hex, b, sizeof(b));
	snprintf(out, GV_STATELOCK_ID, "%.8s-%.4s-%.4s-%.4s-%.12s", hex,
	    hex + 8, hex + 12, hex + 16, hex + 20);
	return 0;
}

void
gv_statelock_who(struct gv_buf *out)
{
	char user[256], host[256];

	gv_env_user(user, sizeof(user));
	gv_env_host(host, sizeof(host));
	gv_buf_addf(out, "%s@%s", user, host);
}
