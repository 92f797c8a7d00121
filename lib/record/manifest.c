#include "record/manifest.h"

#include <assert.h>
#include <string.h>

#include "base/err.h"
#include "base/path.h"

/*
 * The grammar, one LF-ended line each:
 *
 *	git-vault manifest 1		(2: the key c is known)
 *	owner <user> <group>
 *	<type> <seconds>.<nanoseconds>[ <key>=<value>]... <path>
 *	- <path>
 *
 * The path stands last, so it needs no quotes for a blank; only one that
 * begins like a field ("m=") is put between quotes to stay a path.
 */
static const char magic[] = "git-vault manifest 1\n";
static const char owner_key[] = "owner ";
static const char keys[] = "mughaerc";

/* Where the format's number stands, and how many keys each has. */
#define FORMAT_AT (sizeof(magic) - 3)
#define KEYS_1    7
#define KEYS_2    8

static bool
is_field(const char *p, size_t len, size_t n_keys)
{
	return len >= 2 && p[1] == '=' && memchr(keys, p[0], n_keys);
}

static void
add_quoted(struct gv_buf *out, const char *text, size_t len, bool force)
{
	size_t at = out->len;

	gv_path_quote(out, text, len);
	if (!force || out->failed || (len && out->p[at] == '"'))
		return;
	/* nothing in it needs an escape, or it would be quoted already */
	gv_buf_truncate(out, at);
	gv_buf_addch(out, '"');
	gv_buf_add(out, text, len);
	gv_buf_addch(out, '"');
}

static void
add_path(struct gv_buf *out, const char *path, size_t len)
{
	bool is_dot = len == 1 && *path == '.';

	if (len == 0)
		gv_buf_addch(out, '.');
	else
		add_quoted(
		    out, path, len, is_dot || is_field(path, len, KEYS_2));
}

/* A word inside a line: quoted too where it is empty or holds a blank. */
static void
add_word(struct gv_buf *out, const char *word)
{
	add_quoted(out, word, strlen(word), !*word || strchr(word, ' '));
}

bool
gv_manifest_is_pointer(const struct gv_manifest_entry *e)
{
	return e && e->type == GV_MANIFEST_FILE && e->reason &&
	    strcmp(e->reason, "pointer") == 0;
}

bool
gv_manifest_is_base(const struct gv_manifest_entry *e)
{
	return e && e->type == GV_MANIFEST_SKIPPED && e->reason &&
	    strcmp(e->reason, GV_MANIFEST_BASE) == 0;
}

void
gv_manifest_begin(struct gv_buf *out, const char *user, const char *group)
{
	assert(out->len == 0);
	gv_buf_addstr(out, magic);
	gv_buf_addstr(out, owner_key);
	add_word(out, user);
	gv_buf_addch(out, ' ');
	add_word(out, group);
	gv_buf_addch(out, '\n');
}

/* Step over one word of the owner line. */
static const char *
skip_word(const char *p)
{
	if (*p != '"')
		return p + strcspn(p, " \n");
	for (p++; *p && *p != '"'; p++)
		p += *p == '\\' && p[1];
	return *p ? p + 1 : p;
}

/* Append " u=name" or " g=name" unless the header's owner line has it. */
static void
add_owner(struct gv_buf *out, char key, const char *name)
{
	char field[3] = { ' ', key, '=' };
	size_t at = out->len, len;
	const char *word;

	if (name == NULL)
		return;
	gv_buf_add(out, field, sizeof(field));
	add_word(out, name);
	if (out->failed)
		return;
	word = out->p + sizeof(magic) - 1 + sizeof(owner_key) - 1;
	if (key == 'g')
		word = skip_word(word) + 1;
	len = (size_t)(skip_word(word) - word);
	if (out->len - at == len + sizeof(field) &&
	    memcmp(word, out->p + at + sizeof(field), len) == 0)
		gv_buf_truncate(out, at);
}

static char *
digits(char *end, uint64_t v, unsigned base, int at_least)
{
	static const char set[] = "0123456789abcdef";

	for (; v || at_least > 0; at_least--, v /= base)
		*--end = set[v % base];
	return end;
}

/* Without printf's machinery: a base has a line for every file there is. */
static void
add_number(struct gv_buf *out, uint64_t v, unsigned base, int at_least)
{
	char text[24], *end = text + sizeof(text);
	char *p = digits(end, v, base, at_least);

	gv_buf_add(out, p, (size_t)(end - p));
}

static void
add_time(struct gv_buf *out, int64_t s, uint32_t ns)
{
	char text[40], *end = text + sizeof(text), *p;

	p = digits(end, ns, 10, 9);
	*--p = '.';
	p = digits(p, s < 0 ? -(uint64_t)s : (uint64_t)s, 10, 1);
	if (s < 0)
		*--p = '-';
	gv_buf_add(out, p, (size_t)(end - p));
}

static uint32_t
usual_mode(enum gv_manifest_type type)
{
	switch (type) {
	case GV_MANIFEST_DIR:
	case GV_MANIFEST_REPO:
		return 0755;
	case GV_MANIFEST_LINK:
		return 0777;
	default:
		return 0644;
	}
}

static void
add_text(struct gv_buf *out, char key, const char *text)
{
	if (text == NULL)
		return;
	gv_buf_addch(out, ' ');
	gv_buf_addch(out, key);
	gv_buf_addch(out, '=');
	if (key == 'r')
		add_word(out, text);
	else
		gv_buf_addstr(out, text);
}

static void
add_chunked(struct gv_buf *out, uint64_t size)
{
	if (size == 0)
		return;
	gv_buf_addstr(out, " c=");
	add_number(out, size, 10, 1);
	if (!out->failed)
		out->p[FORMAT_AT] = '2';
}

void
gv_manifest_put(struct gv_buf *out, const struct gv_manifest_entry *e)
{
	char head[2] = { (char)e->type, ' ' };

	gv_buf_add(out, head, 2);
	if (e->type != GV_MANIFEST_GONE) {
		add_time(out, e->mtime_s, e->mtime_ns);
		if (e->mode != usual_mode(e->type)) {
			gv_buf_addstr(out, " m=");
			add_number(out, e->mode, 8, 1);
		}
		add_owner(out, 'u', e->user);
		add_owner(out, 'g', e->group);
		if (e->link) {
			gv_buf_addstr(out, " h=");
			add_number(out, e->link, 16, 1);
		}
		add_text(out, 'a', e->xattrs);
		add_text(out, 'e', e->holes);
		add_text(out, 'r', e->reason);
		add_chunked(out, e->chunked);
		gv_buf_addch(out, ' ');
	}
	add_path(out, e->path, e->path_len);
	gv_buf_addch(out, '\n');
}

void
gv_manifest_add_extent(struct gv_buf *text, uint64_t offset, uint64_t len)
{
	add_number(text, offset, 10, 1);
	gv_buf_addch(text, '+');
	add_number(text, len, 10, 1);
	gv_buf_addch(text, ',');
}

void
gv_manifest_end_extents(struct gv_buf *text, uint64_t size)
{
	add_number(text, size, 10, 1);
}

/* Read digits of a number; NULL where there is none or it is too large. */
static const char *
parse_number(uint64_t *out, const char *p, const char *end, unsigned base)
{
	const char *start = p;
	uint64_t v = 0;
	unsigned d;

	for (; p < end; p++) {
		if (*p >= '0' && *p <= '9')
			d = (unsigned)(*p - '0');
		else if (*p >= 'a' && *p <= 'f')
			d = (unsigned)(*p - 'a') + 10;
		else
			break;
		if (d >= base)
			break;
		if (v > (UINT64_MAX - d) / base)
			return NULL;
		v = v * base + d;
	}
	*out = v;
	return p > start ? p : NULL;
}

int
gv_manifest_next_extent(const char **text, uint64_t *offset, uint64_t *len)
{
	const char *end = *text + strlen(*text), *p;

	*len = 0;
	p = parse_number(offset, *text, end, 10);
	if (p == end) {
		*text = p;
		return 0;
	}
	if (p && *p == '+')
		p = parse_number(len, p + 1, end, 10);
	else
		p = NULL;
	if (p == NULL || *p != ',' || *offset + *len < *offset)
		return gv_err(GV_ECORRUPT,
		    "the list of a sparse file's data "
		    "is damaged");
	*text = p + 1;
	return 1;
}

/* Read a word, quoted or up to the next blank, and append it to `out` with a
 * NUL. The place behind it, or NULL where there is none. */
static const char *
parse_word(struct gv_buf *out, const char *p, const char *end)
{
	const char *blank = p < end ? memchr(p, ' ', (size_t)(end - p)) : NULL;
	size_t before = out->len, used = (size_t)((blank ? blank : end) - p);

	if (p < end && *p == '"') {
		if (gv_path_unquote(out, p, (size_t)(end - p), &used) < 0)
			return NULL;
	} else if (used == 0) {
		return NULL;
	} else {
		gv_buf_add(out, p, used);
	}
	if (out->failed || memchr(out->p + before, '\0', out->len - before))
		return NULL;
	gv_buf_addch(out, '\0');
	return p + used;
}

/* The second line: "owner <user> <group>". */
static int
parse_owner(struct gv_manifest_iter *it, const char *p, const char *lf)
{
	size_t n = sizeof(owner_key) - 1, group_at;

	if ((size_t)(lf - p) < n || memcmp(p, owner_key, n) != 0)
		return GV_ECORRUPT;
	p = parse_word(&it->owner, p + n, lf);
	if (p == NULL || p == lf || *p != ' ')
		return GV_ECORRUPT;
	group_at = it->owner.len;
	p = parse_word(&it->owner, p + 1, lf);
	if (p != lf || it->owner.failed)
		return GV_ECORRUPT;
	it->user = it->owner.p;
	it->group = it->owner.p + group_at;
	return 0;
}

int
gv_manifest_iter_init(struct gv_manifest_iter *it, const char *data, size_t len)
{
	const size_t stem = FORMAT_AT; /* without "1\n" */
	const char *end = data + len, *lf, *p;

	memset(it, 0, sizeof(*it));
	it->owner = it->path = it->text = (struct gv_buf)GV_BUF_INIT;
	lf = len ? memchr(data, '\n', len) : NULL;
	if (lf == NULL || (size_t)(lf - data) <= stem ||
	    memcmp(data, magic, stem) != 0)
		return gv_err(GV_ECORRUPT, "this is no manifest");
	p = data + stem;
	if (lf - p != 1 || (*p != '1' && *p != '2'))
		return gv_err(GV_ECORRUPT,
		    "the manifest is of format %.*s, and this git-vault reads "
		    "formats 1 and 2 only; use a newer one",
		    (int)(lf - p > 20 ? 20 : lf - p), p);
	it->keys = *p == '1' ? KEYS_1 : KEYS_2;
	p = lf + 1;
	lf = p < end ? memchr(p, '\n', (size_t)(end - p)) : NULL;
	if (lf == NULL || parse_owner(it, p, lf) < 0) {
		gv_manifest_iter_release(it);
		return gv_err(GV_ECORRUPT, "line 2 of the manifest is damaged");
	}
	it->line = 2;
	it->p = lf + 1;
	it->end = end;
	return 0;
}

/* "<seconds>.<nanoseconds, 9 digits>" */
static const char *
parse_time(struct gv_manifest_entry *e, const char *p, const char *end)
{
	bool minus = p < end && *p == '-';
	uint64_t s, ns;
	const char *dot = parse_number(&s, p + minus, end, 10);

	if (dot == NULL || dot == end || *dot != '.' || s > INT64_MAX)
		return NULL;
	p = parse_number(&ns, dot + 1, end, 10);
	if (p == NULL || p - dot != 10)
		return NULL;
	e->mtime_s = minus ? -(int64_t)s : (int64_t)s;
	e->mtime_ns = (uint32_t)ns;
	return p;
}

/* Where the texts of a line begin in it->text, which may move while it is
 * filled; in the order of `keys`. */
struct places {
	size_t at[sizeof(keys)];
	bool set[sizeof(keys)];
};

static const char *
parse_field(struct gv_manifest_iter *it, struct gv_manifest_entry *e,
    struct places *places, const char *p, const char *end)
{
	size_t i = (size_t)(strchr(keys, *p) - keys), n;
	char key = *p;
	uint64_t v;

	if (places->set[i])
		return NULL;
	places->set[i] = true;
	places->at[i] = it->text.len;
	p += 2;
	switch (key) {
	case 'm':
		p = parse_number(&v, p, end, 8);
		e->mode = (uint32_t)v;
		return p && v <= 07777 ? p : NULL;
	case 'h':
		p = parse_number(&e->link, p, end, 16);
		return p && e->link ? p : NULL;
	case 'c':
		p = parse_number(&e->chunked, p, end, 10);
		return p && e->chunked && e->type == GV_MANIFEST_FILE ? p
								      : NULL;
	case 'a':
	case 'e':
		n = p < end ? strcspn(p, " \n") : 0;
		gv_buf_add(&it->text, p, n);
		gv_buf_addch(&it->text, '\0');
		return n && strlen(it->text.p + places->at[i]) == n ? p + n
								    : NULL;
	default:
		return parse_word(&it->text, p, end);
	}
}

static int
parse_path(struct gv_manifest_iter *it, struct gv_manifest_entry *e,
    const char *p, const char *end)
{
	size_t len = (size_t)(end - p), used;

	gv_buf_reset(&it->path);
	if (len && *p == '"') {
		if (gv_path_unquote(&it->path, p, len, &used) < 0 ||
		    used != len)
			return GV_ECORRUPT;
	} else if (len != 1 || *p != '.') {
		gv_buf_add(&it->path, p, len);
		if (len == 0)
			return GV_ECORRUPT;
	}
	/* without memory it would be that of the root */
	if (gv_buf_check(&it->path) < 0)
		return GV_ENOMEM;
	e->path = it->path.p;
	e->path_len = it->path.len;
	return strlen(e->path) == e->path_len ? 0 : GV_ECORRUPT;
}

static int
parse_line(struct gv_manifest_iter *it, struct gv_manifest_entry *e,
    const char *p, const char *end)
{
	struct places places = { .set = { false } };
	const char *text[sizeof(keys)] = { NULL };
	size_t i;

	if (end - p < 3 || p[0] == '\0' || !strchr("fdlgsx-", p[0]) ||
	    p[1] != ' ')
		return GV_ECORRUPT;
	e->type = (enum gv_manifest_type)p[0];
	e->mode = usual_mode(e->type);
	p += 2;
	if (e->type == GV_MANIFEST_GONE)
		return parse_path(it, e, p, end);
	p = parse_time(e, p, end);
	if (p == NULL || p == end || *p++ != ' ')
		return GV_ECORRUPT;
	gv_buf_reset(&it->text);
	while (is_field(p, (size_t)(end - p), it->keys)) {
		p = parse_field(it, e, &places, p, end);
		if (p == NULL || p == end || *p++ != ' ')
			return GV_ECORRUPT;
	}
	for (i = 0; i < sizeof(keys); i++)
		text[i] = places.set[i] ? it->text.p + places.at[i] : NULL;
	e->user = text[1] ? text[1] : it->user;
	e->group = text[2] ? text[2] : it->group;
	e->xattrs = text[4];
	e->holes = text[5];
	e->reason = text[6];
	return parse_path(it, e, p, end);
}

int
gv_manifest_next(struct gv_manifest_iter *it, struct gv_manifest_entry *e)
{
	const char *lf;

	memset(e, 0, sizeof(*e));
	if (it->p == it->end)
		return 0;
	it->line++;
	lf = memchr(it->p, '\n', (size_t)(it->end - it->p));
	if (lf == NULL || parse_line(it, e, it->p, lf) < 0) {
		if (it->text.failed || it->path.failed)
			return gv_err_nomem();
		return gv_err(GV_ECORRUPT, "line %u of the manifest is damaged",
		    it->line);
	}
	it->p = lf + 1;
	return 1;
}

/* Past a field and its blank, or NULL. */
static const char *
skip_field(const char *p, const char *end)
{
	p += 2;
	if (p < end && *p == '"')
		for (p++; p < end && *p != '"'; p++)
			p += *p == '\\';
	p = p < end ? memchr(p, ' ', (size_t)(end - p)) : NULL;
	return p ? p + 1 : NULL;
}

static int
peek_line(struct gv_manifest_line *out, struct gv_manifest_iter *it,
    const char *p, const char *end)
{
	struct gv_manifest_entry e;

	if (end - p < 3 || p[1] != ' ')
		return GV_ECORRUPT;
	out->type = (enum gv_manifest_type)p[0];
	p += 2;
	if (out->type != GV_MANIFEST_GONE) {
		p = memchr(p, ' ', (size_t)(end - p));
		p = p ? p + 1 : NULL;
		while (p && is_field(p, (size_t)(end - p), it->keys)) {
			out->is_special |= *p == 'h' || *p == 'r';
			p = skip_field(p, end);
		}
		if (p == NULL)
			return GV_ECORRUPT;
	}
	if (p == end || *p == '"' || (end - p == 1 && *p == '.')) {
		if (parse_path(it, &e, p, end) < 0)
			return GV_ECORRUPT;
		out->path = e.path;
		out->path_len = e.path_len;
		return 0;
	}
	out->path = p;
	out->path_len = (size_t)(end - p);
	return 0;
}

int
gv_manifest_peek(struct gv_manifest_line *out, struct gv_manifest_iter *it)
{
	const char *lf;

	memset(out, 0, sizeof(*out));
	if (it->p == it->end)
		return 0;
	lf = memchr(it->p, '\n', (size_t)(it->end - it->p));
	if (lf == NULL || peek_line(out, it, it->p, lf) < 0)
		return it->path.failed
		    ? gv_err_nomem()
		    : gv_err(GV_ECORRUPT, "line %u of the manifest is damaged",
			  it->line + 1);
	out->text = it->p;
	out->len = (size_t)(lf - it->p);
	return 1;
}

void
gv_manifest_pass(
    struct gv_manifest_iter *it, const struct gv_manifest_line *line)
{
	it->p = line->text + line->len + 1;
	it->line++;
}

void
gv_manifest_iter_release(struct gv_manifest_iter *it)
{
	if (it == NULL)
		return;
	gv_buf_release(&it->owner);
	gv_buf_release(&it->path);
	gv_buf_release(&it->text);
}
