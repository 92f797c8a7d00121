#include "record/record_parse.h"
#include "record/record_nested.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/time.h"
#include "base/vec.h"
#include "repo/ref.h"
#include "repo/refs.h"
#include "vault/trailer.h"

#define FORMAT     GV_RECORD_WITHHOLDS /* the newest that is known */
#define UNRELEASED 3
#define MAX_TIME   253402300799 /* the last second of the year 9999 */

/* The trailers in the order in which they are written. They are the last
 * paragraph of the message, so nothing that a person types is taken for one.*/
enum kind {
	KIND_FORMAT,
	KIND_ID,
	KIND_TEXT,
	KIND_LIST,
	KIND_NUMBER,
	KIND_COUNT, /* written only where it is not zero */
	KIND_BASE,
};

#define AT(field) offsetof(struct gv_record, field)

static const struct trailer {
	const char *key;
	enum kind kind;
	size_t at, at_n; /* of the field, and of a list's count */
} trailers[] = {
	{ "Vault-Format", KIND_FORMAT, 0, 0 },
	{ "Vault-Id", KIND_ID, AT(id), 0 },
	{ "Vault-Host", KIND_TEXT, AT(host), 0 },
	{ "Vault-Trigger", KIND_TEXT, AT(trigger), 0 },
	{ "Vault-Branch", KIND_TEXT, AT(branch), 0 },
	{ "Vault-Previous", KIND_TEXT, AT(previous), 0 },
	{ "Vault-Only", KIND_TEXT, AT(only), 0 },
	{ "Vault-Omits", KIND_TEXT, AT(omits), 0 },
	{ "Vault-Tag", KIND_LIST, AT(tags), AT(n_tags) },
	{ "Vault-Env", KIND_LIST, AT(environments), AT(n_environments) },
	{ "Vault-Unsettled", KIND_LIST, AT(unsettled), AT(n_unsettled) },
	{ "Vault-Nested", KIND_LIST, AT(nested), AT(n_nested) },
	{ "Vault-Files", KIND_NUMBER, AT(files), 0 },
	{ "Vault-Bytes", KIND_NUMBER, AT(bytes), 0 },
	{ "Vault-Secrets", KIND_NUMBER, AT(secrets), 0 },
	{ "Vault-Unread", KIND_COUNT, AT(unread), 0 },
	{ "Vault-Base", KIND_BASE, 0, 0 },
};

#define N_TRAILERS (sizeof(trailers) / sizeof(trailers[0]))

struct span {
	const char *p;
	size_t len;
};

/* What parsing carries along. */
struct parse {
	struct gv_record rec;
	struct span rest; /* of the headers, then of the trailers */
	unsigned seen;    /* bit i: trailers[i] was there */
	uint64_t format;
};

static int
damaged(const char *what)
{
	return gv_err(GV_ECORRUPT, "%s", what);
}

/* Take the first line off, without its LF; false where nothing is left. */
static bool
take_line(struct span *rest, struct span *line)
{
	const char *nl;

	if (rest->len == 0)
		return false;
	nl = memchr(rest->p, '\n', rest->len);
	line->p = rest->p;
	line->len = nl ? (size_t)(nl - rest->p) : rest->len;
	rest->p += line->len + (nl != NULL);
	rest->len -= line->len + (nl != NULL);
	return true;
}

/* Take the line's first word off if it is `word`. */
static bool
take_word(struct span *line, const char *word)
{
	size_t n = strlen(word);

	if (line->len <= n || memcmp(line->p, word, n) != 0 ||
	    line->p[n] != ' ')
		return false;
	line->p += n + 1;
	line->len -= n + 1;
	return true;
}

static int
parse_number(uint64_t *out, struct span text)
{
	uint64_t v = 0;
	size_t i;

	if (text.len == 0 || text.len > 19) /* so that it cannot overflow */
		return GV_ERROR;
	for (i = 0; i < text.len; i++) {
		if (text.p[i] < '0' || text.p[i] > '9')
			return GV_ERROR;
		v = v * 10 + (uint64_t)(text.p[i] - '0');
	}
	*out = v;
	return 0;
}

static int
copy(char **out, struct span text)
{
	*out = strndup(text.p, text.len);
	return *out ? 0 : gv_err_nomem();
}

static bool
is_oid(struct gv_oid *out, struct span line)
{
	return line.len == GV_OID_HEX && gv_oid_parse(out, line.p) == 0;
}

/* "Name <mail> seconds zone": the first two as they stand, and the time. */
static int
parse_person(struct span line, struct span *who, int64_t *time)
{
	const char *close = memrchr(line.p, '>', line.len);
	struct span digits;
	uint64_t t;

	if (close == NULL)
		return GV_ERROR;
	who->p = line.p;
	who->len = (size_t)(close - line.p) + 1;
	digits.p = close + 1;
	digits.len = line.len - who->len;
	if (digits.len == 0 || digits.p[0] != ' ')
		return GV_ERROR;
	digits.p++;
	digits.len--;
	if (memchr(digits.p, ' ', digits.len))
		digits.len = strcspn(digits.p, " ");
	if (parse_number(&t, digits) < 0 || t > MAX_TIME)
		return GV_ERROR;
	*time = (int64_t)t;
	return 0;
}

/* The headers up to the empty line. Those that a newer git may add behind
 * the committer (signatures, encodings) are passed over. */
static int
parse_headers(struct parse *c)
{
	struct span line = { "", 0 }, who;
	struct gv_oid parent;
	bool first = true;
	int64_t authored;
	int r;

	if (!take_line(&c->rest, &line) || !take_word(&line, "tree") ||
	    !is_oid(&c->rec.root, line))
		return damaged("it is no commit");
	while (take_line(&c->rest, &line) && take_word(&line, "parent")) {
		if (!is_oid(&parent, line))
			return damaged(
			    "a parent of its commit is no object id");
		if (first)
			c->rec.base = parent;
		first = false;
	}
	if (!take_word(&line, "author") ||
	    parse_person(line, &who, &authored) < 0)
		return damaged("its commit has no author");
	r = copy(&c->rec.author, who);
	if (r < 0)
		return r;
	if (!take_line(&c->rest, &line) || !take_word(&line, "committer") ||
	    parse_person(line, &who, &c->rec.time) < 0)
		return damaged("its commit has no time");
	while (take_line(&c->rest, &line))
		if (line.len == 0)
			return 0;
	return damaged("its commit has no message");
}

static void
trim(struct span *s)
{
	while (s->len && s->p[0] == '\n') {
		s->p++;
		s->len--;
	}
	while (s->len && s->p[s->len - 1] == '\n')
		s->len--;
}

/* Split the message: subject and body go to the record, and c->rest becomes
 * the trailers. */
static int
split_message(struct parse *c)
{
	struct span head = c->rest, subject = { "", 0 };
	size_t at;
	int r;

	trim(&head);
	for (at = head.len; at > 1; at--)
		if (head.p[at - 1] == '\n' && head.p[at - 2] == '\n')
			break;
	if (at <= 1)
		return damaged("its commit message has no trailers, so it is "
			       "no snapshot of git vault");
	c->rest.p = head.p + at;
	c->rest.len = head.len - at;
	head.len = at;
	trim(&head);
	take_line(&head, &subject);
	trim(&head);
	r = copy(&c->rec.subject, subject);
	return r < 0 ? r : copy(&c->rec.body, head);
}

static int
append(char ***list, size_t *n, char *text)
{
	/* grown by doubling: at the powers of two */
	if ((*n & (*n - 1)) == 0) {
		char **more =
		    reallocarray(*list, *n ? *n * 2 : 1, sizeof(**list));

		if (more == NULL) {
			free(text);
			return gv_err_nomem();
		}
		*list = more;
	}
	(*list)[(*n)++] = text;
	return 0;
}

static int
take_value(struct parse *c, const struct trailer *t, struct span value)
{
	char *base = (char *)&c->rec, *text = NULL;
	int r;

	switch (t->kind) {
	case KIND_FORMAT:
	case KIND_NUMBER:
	case KIND_COUNT:
		if (parse_number(t->kind == KIND_FORMAT
			    ? &c->format
			    : (uint64_t *)(void *)(base + t->at),
			value) < 0)
			return gv_err(
			    GV_ECORRUPT, "its trailer %s is no number", t->key);
		return 0;
	case KIND_ID:
		if (!gv_record_is_id(value.p, value.len))
			return damaged("its trailer Vault-Id is no id");
		memcpy(c->rec.id, value.p, value.len);
		return 0;
	case KIND_BASE:
		memset(&c->rec.base, 0, sizeof(c->rec.base));
		if ((value.len == 4 && memcmp(value.p, "none", 4) == 0) ||
		    (value.len == GV_OID_HEX &&
			gv_oid_parse(&c->rec.base, value.p) == 0))
			return 0;
		return damaged(
		    "its trailer Vault-Base is neither 'none' nor a commit");
	case KIND_TEXT:
	case KIND_LIST:
		break;
	}
	r = gv_trailer_read(&text, t->key, value.p, value.len);
	if (r < 0)
		return r;
	if (t->kind == KIND_LIST)
		return append((char ***)(void *)(base + t->at),
		    (size_t *)(void *)(base + t->at_n), text);
	*(char **)(void *)(base + t->at) = text;
	return 0;
}

static int
parse_trailer(struct parse *c, struct span line)
{
	const char *colon = memmem(line.p, line.len, ": ", 2);
	size_t i, n = colon ? (size_t)(colon - line.p) : 0;
	struct span value;

	if (colon == NULL || !gv_trailer_is_key(line.p, n))
		return damaged("the last paragraph of its commit message holds "
			       "a line that is no trailer");
	value.p = colon + 2;
	value.len = line.len - n - 2;
	for (i = 0; i < N_TRAILERS; i++)
		if (strlen(trailers[i].key) == n &&
		    memcmp(trailers[i].key, line.p, n) == 0)
			break;
	if (i == N_TRAILERS)
		return 0; /* somebody else's, or one of a later version */
	if ((c->seen & 1u << i) && trailers[i].kind != KIND_LIST)
		return gv_err(GV_ECORRUPT, "its trailer %s is there twice",
		    trailers[i].key);
	c->seen |= 1u << i;
	return take_value(c, &trailers[i], value);
}

static int
check(struct parse *c)
{
	const char *previous = c->rec.previous;
	struct gv_record_nested nested;
	size_t i;

	if (!(c->seen & 1u))
		return damaged("its commit has no trailer Vault-Format, so it "
			       "is no snapshot of git vault");
	if (c->format == 0)
		return damaged("its trailer Vault-Format is 0");
	if (c->format == UNRELEASED)
		return damaged("it is of format 3, which only versions before "
			       "0.1.0 wrote; delete it and take a new one");
	c->rec.format = (unsigned)c->format;
	if (!(c->seen & 2u))
		return damaged("its trailer Vault-Id is missing");
	if (previous && !gv_record_is_id(previous, strlen(previous)))
		return damaged("its trailer Vault-Previous is no id");
	for (i = 0; i < c->rec.n_nested; i++)
		if (gv_record_read_nested(&nested, c->rec.nested[i]) < 0)
			return GV_ECORRUPT;
	return 0;
}

/* The format that the trailers name, where it is a newer one; else 0. */
static uint64_t
newer_format(struct span rest)
{
	struct span line;
	uint64_t v;

	while (take_line(&rest, &line))
		if (take_word(&line, "Vault-Format:") &&
		    parse_number(&v, line) == 0 && v > FORMAT)
			return v;
	return 0;
}

/* A newer format is named before anything else is found wrong with it. */
static int
check_format(struct span rest)
{
	uint64_t v = newer_format(rest);

	return v ? gv_err(GV_ECORRUPT,
		       "it is of format %llu, and this git vault knows %d; use "
		       "a newer one",
		       (unsigned long long)v, FORMAT)
		 : 0;
}

bool
gv_record_is_newer(const void *data, size_t len)
{
	struct parse c = { .rest = { data, len } };
	char *before = gv_err_save();
	bool is = (len == 0 || memchr(data, '\0', len) == NULL) &&
	    parse_headers(&c) == 0 && split_message(&c) == 0 &&
	    newer_format(c.rest) > 0;

	gv_record_release(&c.rec);
	gv_err_restore(before);
	return is;
}

int
gv_record_parse(struct gv_record *out, const void *data, size_t len)
{
	struct parse c = { .rest = { data, len } };
	struct span line;
	int r = 0;

	if (len && memchr(data, '\0', len))
		r = damaged("its commit holds a zero byte");
	if (r == 0 && (r = parse_headers(&c)) == 0 &&
	    (r = split_message(&c)) == 0)
		r = check_format(c.rest);
	while (r == 0 && take_line(&c.rest, &line))
		r = parse_trailer(&c, line);
	if (r == 0)
		r = check(&c);
	if (r < 0) {
		gv_record_release(&c.rec);
		return r; /* NOLINT(clang-analyzer-unix.Malloc): freed */
	}
	c.rec.n_own_tags = c.rec.n_tags;
	*out = c.rec;
	return 0;
}

static void
put_trailer(
    struct gv_buf *out, const struct trailer *t, const struct gv_record *rec)
{
	char hex[GV_OID_HEX + 1];
	const char *base = (const char *)rec;
	char *const *list;
	const char *text;
	uint64_t number;
	size_t i, n;

	switch (t->kind) {
	case KIND_FORMAT:
		gv_buf_addf(
		    out, "%s: %u\n", t->key, rec->format ? rec->format : 1);
		break;
	case KIND_ID:
		gv_trailer_add(out, t->key, rec->id);
		break;
	case KIND_TEXT:
		text = *(char *const *)(const void *)(base + t->at);
		if (text)
			gv_trailer_add(out, t->key, text);
		break;
	case KIND_LIST:
		list = *(char **const *)(const void *)(base + t->at);
		n = *(const size_t *)(const void *)(base + t->at_n);
		for (i = 0; i < n; i++)
			gv_trailer_add(out, t->key, list[i]);
		break;
	case KIND_NUMBER:
	case KIND_COUNT:
		number = *(const uint64_t *)(const void *)(base + t->at);
		if (number || t->kind == KIND_NUMBER)
			gv_buf_addf(out, "%s: %llu\n", t->key,
			    (unsigned long long)number);
		break;
	case KIND_BASE:
		if (gv_oid_is_zero(&rec->base))
			gv_trailer_add(out, t->key, "none");
		else if (rec->is_apart) {
			gv_oid_format(hex, &rec->base);
			gv_trailer_add(out, t->key, hex);
		}
		break;
	}
}

void
gv_record_message(struct gv_buf *out, const struct gv_record *rec)
{
	const char *p =
	    rec->subject && *rec->subject ? rec->subject : "snapshot";
	struct span body = { rec->body ? rec->body : "", 0 };
	size_t i;

	for (; *p; p++)
		gv_buf_addch(out, *p == '\n' ? ' ' : *p);
	gv_buf_addstr(out, "\n\n");
	body.len = strlen(body.p);
	trim(&body);
	if (body.len) {
		gv_buf_add(out, body.p, body.len);
		gv_buf_addstr(out, "\n\n");
	}
	for (i = 0; i < N_TRAILERS; i++)
		put_trailer(out, &trailers[i], rec);
}

int
gv_record_set_message(struct gv_record *rec, const char *text)
{
	struct span rest = { text, strlen(text) }, line = { "", 0 };
	char *subject = NULL, *body = NULL;

	while (rest.len && strchr(" \t\r\n", rest.p[rest.len - 1]))
		rest.len--;
	trim(&rest);
	take_line(&rest, &line);
	trim(&rest);
	if (copy(&subject, line) < 0 || copy(&body, rest) < 0) {
		free(subject);
		return GV_ENOMEM;
	}
	free(rec->subject);
	free(rec->body);
	rec->subject = subject;
	rec->body = body;
	return 0;
}

int
gv_record_set_default_message(struct gv_record *rec, const char *branch)
{
	struct gv_buf text = GV_BUF_INIT;
	int r;

	if (branch)
		gv_buf_addf(&text, "snapshot of %s", branch);
	else
		gv_buf_addstr(&text, "snapshot of a detached HEAD");
	if ((r = gv_buf_check(&text)) == 0)
		r = gv_record_set_message(rec, text.p);
	gv_buf_release(&text);
	return r;
}

bool
gv_record_has_message(const struct gv_record *rec)
{
	static const char of[] = "snapshot of ";
	const char *subject = rec->subject ? rec->subject : "";

	if (rec->body && *rec->body)
		return true;
	if (*subject == '\0' || strcmp(subject, "snapshot") == 0)
		return false;
	return strncmp(subject, of, sizeof(of) - 1) != 0 ||
	    strcmp(subject + sizeof(of) - 1,
		rec->branch ? rec->branch : "a detached HEAD") != 0;
}
