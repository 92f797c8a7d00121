#include "infra/bill.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/enc.h"
#include "base/err.h"
#include "base/utf8.h"
#include "base/vec.h"
#include "infra/bill_internal.h"

#define DIGEST_MAX 64 /* bytes */

/* How digests are written, and what they are called here. */
static const struct {
	const char *written, *name;
	size_t bytes;
	bool base64; /* else digits */
} forms[] = {
	{ "sha256:", "sha256:", 32, false },
	{ "sha512:", "sha512:", 64, false },
	{ "sha384:", "sha384:", 48, false },
	{ "sha1:", "sha1:", 20, false },
	{ "zh:", "sha256:", 32, false },
	{ "h1:", "h1:", 32, true },
	{ "h1:", "h1:", 32, false },
	{ "sha512-", "sha512:", 64, true },
	{ "sha384-", "sha384:", 48, true },
	{ "sha256-", "sha256:", 32, true },
	{ "sha1-", "sha1:", 20, true },
};
#define FORMS (sizeof(forms) / sizeof(*forms))

void
gv_bill_release(struct gv_bill *bill)
{
	if (bill == NULL)
		return;
	free(bill->all);
	gv_arena_release(&bill->arena);
	*bill = (struct gv_bill)GV_BILL_INIT;
}

/* ---- digests ------------------------------------------------------------ */

static bool
read_digits(unsigned char *out, const char *text, size_t bytes)
{
	return strlen(text) == 2 * bytes && gv_enc_unhex(out, text, bytes) == 0;
}

static bool
read_base64(unsigned char *out, const char *text, size_t bytes)
{
	struct gv_buf raw = GV_BUF_INIT;
	bool ok = strlen(text) <= 2 * DIGEST_MAX &&
	    gv_enc_unbase64(&raw, text, strlen(text)) == 0 && raw.len == bytes;

	if (ok)
		memcpy(out, raw.p, bytes);
	gv_buf_release(&raw);
	return ok;
}

bool
gv_bill_digest(struct gv_buf *out, const char *text)
{
	unsigned char raw[DIGEST_MAX];
	char hex[2 * DIGEST_MAX + 1];
	size_t i, len;

	for (i = 0; i < FORMS; i++) {
		len = strlen(forms[i].written);
		if (strncmp(text, forms[i].written, len) != 0 ||
		    !(forms[i].base64
			    ? read_base64(raw, text + len, forms[i].bytes)
			    : read_digits(raw, text + len, forms[i].bytes)))
			continue;
		gv_enc_hex(hex, raw, forms[i].bytes);
		gv_buf_addf(out, "%s%s", forms[i].name, hex);
		return true;
	}
	return false;
}

static bool
begin_digits(struct gv_buf *out, const char *text, size_t bytes)
{
	size_t len = strlen(text);

	gv_buf_addstr(out, text);
	return len && len <= 2 * bytes &&
	    strspn(text, "0123456789abcdef") == len;
}

/* Two letters are three digits. */
static bool
begin_base64(struct gv_buf *out, const char *text, size_t bytes)
{
	struct gv_buf whole = GV_BUF_INIT, raw = GV_BUF_INIT;
	size_t len = strlen(text);
	char hex[2 * (DIGEST_MAX + 3) + 1];
	bool ok = len && !strchr(text, '=') && len * 6 <= bytes * 8 + 4;

	gv_buf_add(&whole, text, len);
	while (whole.len % 4 && !whole.failed)
		gv_buf_addch(&whole, 'A');
	ok = ok && gv_buf_check(&whole) == 0 &&
	    gv_enc_unbase64(&raw, whole.p, whole.len) == 0;
	if (ok) {
		gv_enc_hex(hex, (const unsigned char *)raw.p, raw.len);
		gv_buf_add(out, hex, len * 6 / 4);
	}
	gv_buf_release(&whole);
	gv_buf_release(&raw);
	return ok;
}

static bool
begin_as(struct gv_buf *out, const char *text, bool base64)
{
	size_t i, len, was = out->len;

	for (i = 0; i < FORMS; i++) {
		len = strlen(forms[i].written);
		if (forms[i].base64 != base64 ||
		    strncmp(text, forms[i].written, len) != 0)
			continue;
		gv_buf_addstr(out, forms[i].name);
		if (base64 ? begin_base64(out, text + len, forms[i].bytes)
			   : begin_digits(out, text + len, forms[i].bytes))
			return true;
		gv_buf_truncate(out, was);
	}
	return false;
}

/* What is digits is not taken for base 64, whose letters they are as well. */
bool
gv_bill_digest_begin(struct gv_buf *out, const char *text)
{
	return begin_as(out, text, false) || begin_as(out, text, true);
}

bool
gv_bill_is_digest(const char *text)
{
	struct gv_buf same = GV_BUF_INIT;
	bool is = gv_bill_digest(&same, text) && gv_buf_check(&same) == 0 &&
	    strcmp(same.p, text) == 0;

	gv_buf_release(&same);
	return is;
}

/* ---- items -------------------------------------------------------------- */

static bool
is_text(const char *text, bool may_lack)
{
	size_t i, len = text ? strlen(text) : 0;

	if (text == NULL || len == 0)
		return may_lack;
	for (i = 0; i < len; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
			return false;
	return len <= GV_BILL_NAME && gv_utf8_is_valid(text, len);
}

static int
copy(struct gv_bill *out, const char **to, const char *text)
{
	*to = NULL;
	if (text == NULL || *text == '\0')
		return 0;
	*to = gv_arena_copy(&out->arena, text, strlen(text));
	return *to ? 0 : gv_err_nomem();
}

/* Of a name that is an address no user and no query is kept: either may be a
 * secret, and what is noted stands in clear. */
static int
clean_name(struct gv_buf *out, const char *name)
{
	const char *mark = name ? strstr(name, "://") : NULL, *from, *at;
	size_t len = name ? strcspn(name, mark ? "?#" : "") : 0;

	if (mark && name + len > mark) {
		from = mark + strlen("://");
		at = memrchr(from, '@', strcspn(from, "/?#"));
		gv_buf_add(out, name, (size_t)(from - name));
		len -= (size_t)((at ? at + 1 : from) - name);
		name = at ? at + 1 : from;
	}
	gv_buf_add(out, name, len);
	return gv_buf_check(out);
}

/* An address may have a password in it: of that of a package what is behind '?'
 * goes, which says where it lies, and a version that is an address goes as a
 * whole. */
static int
append(struct gv_bill *out, const struct gv_bill_item *item, const char *digest)
{
	const char *version = item->version;
	struct gv_bill_item *to;
	char *cut;
	int r = GV_GROW(out->all, out->n, out->cap);

	if (r < 0)
		return r;
	to = &out->all[out->n];
	if ((r = copy(out, &to->name, item->name)) == 0)
		r = copy(out, &to->version,
		    version && strstr(version, "://") ? NULL : version);
	if (r == 0)
		r = copy(out, &to->purl, item->purl);
	cut = r == 0 && to->purl ? strpbrk(to->purl, "?#") : NULL;
	if (cut)
		*cut = '\0';
	if (r == 0)
		r = copy(out, &to->digest, digest);
	to->place = item->place;
	to->line = item->line;
	out->n += r == 0;
	return r;
}

/* SCHEME://USER@…, as far as it is kept. */
static bool
has_user(const char *text, const char *until)
{
	size_t len = text ? strcspn(text, until) : 0;
	const char *p = len ? memmem(text, len, "://", 3) : NULL;

	return p && memchr(p, '@', (size_t)(text + len - p));
}

/* What stands there is not told, as nobody knows what it is. */
static void
say_odd(struct gv_buf *out, const char *digest)
{
	size_t i, len;

	for (i = 0; i < FORMS; i++) {
		len = strlen(forms[i].written);
		if (strncmp(digest, forms[i].written, len) == 0) {
			gv_buf_addf(
			    out, "no digest follows %s", forms[i].written);
			return;
		}
	}
	gv_buf_addstr(out, "its digest is of no kind that is known");
}

/* "go.sum:7: ", or where lines are not told "bom.json: digest 3: ". */
static void
add_place(struct gv_buf *out, const char *file, const struct gv_bill_item *item)
{
	if (item->line)
		gv_buf_addf(out, "%s:%zu: ", file, item->line);
	else
		gv_buf_addf(out, "%s: digest %zu: ", file, item->place);
}

static int
add_odd(struct gv_bill *out, const char *file, const struct gv_bill_item *item)
{
	struct gv_bill_odd *odd;
	const char *version = item->version;
	bool has_name = is_text(item->name, false) && !has_user(item->name, "");
	struct gv_buf text = GV_BUF_INIT;
	int r;

	if (out->odd++ >= GV_BILL_ODD)
		return 0;
	odd = &out->odds[out->odd - 1];
	add_place(&text, file, item);
	say_odd(&text, item->digest);
	if ((r = gv_buf_check(&text)) == 0)
		r = copy(out, &odd->nameless, text.p);
	gv_buf_reset(&text);
	gv_buf_addf(&text, "%s: %s", file, has_name ? item->name : "one entry");
	if (version && *version && is_text(version, false) &&
	    !strstr(version, "://"))
		gv_buf_addf(&text, " %s", version);
	gv_buf_addstr(&text, ": ");
	say_odd(&text, item->digest);
	if (r == 0 && (r = gv_buf_check(&text)) == 0)
		r = copy(out, &odd->text, text.p);
	gv_buf_release(&text);
	return r;
}

int
gv_bill_leave_out(
    struct gv_bill *bill, size_t i, const char *file, const char *why)
{
	struct gv_bill_odd *odd;
	struct gv_buf text = GV_BUF_INIT;
	int r = 0;

	if (bill->odd++ < GV_BILL_ODD) {
		odd = &bill->odds[bill->odd - 1];
		add_place(&text, file, &bill->all[i]);
		gv_buf_addstr(&text, why);
		if ((r = gv_buf_check(&text)) == 0)
			r = copy(bill, &odd->text, text.p);
		odd->nameless = odd->text;
		gv_buf_release(&text);
	}
	bill->n--;
	memmove(&bill->all[i], &bill->all[i + 1],
	    (bill->n - i) * sizeof(*bill->all));
	return r;
}

int
gv_bill_add(struct gv_bill *out, bool *added, const char *file,
    const struct gv_bill_item *item)
{
	struct gv_buf digest = GV_BUF_INIT, name = GV_BUF_INIT;
	struct gv_bill_item clean = *item;
	bool is = gv_bill_digest(&digest, item->digest);
	int r = gv_buf_check(&digest);

	if (added)
		*added = is;
	clean.place = ++out->read;
	if (r == 0)
		r = clean_name(&name, item->name);
	clean.name = name.p;
	if (r < 0)
		goto out;
	if (is &&
	    (!is_text(clean.name, false) || !is_text(item->version, true) ||
		!is_text(item->purl, true))) {
		r = gv_err(GV_EREFUSED,
		    "%s: the name of a component, its version and its address "
		    "are at most %d bytes of UTF-8 without control characters",
		    file, GV_BILL_NAME);
		goto out;
	}
	if (is && (has_user(clean.name, "") || has_user(item->purl, "?#"))) {
		r = gv_err(GV_EREFUSED,
		    "%s: the address of a component has a user name, which may "
		    "be a secret: remove it",
		    file);
		goto out;
	}
	if (is && out->n == GV_BILL_ITEMS) {
		r = gv_err(GV_EREFUSED,
		    "%s: there are more than %d digests, which are too many "
		    "for one call",
		    file, GV_BILL_ITEMS);
		goto out;
	}
	r = is ? append(out, &clean, digest.p) : add_odd(out, file, &clean);
out:
	gv_buf_release(&digest);
	gv_buf_release(&name);
	return r;
}

static int
compare_text(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "");
}

static int
compare(const void *a, const void *b)
{
	const struct gv_bill_item *x = a, *y = b;
	int c = strcmp(x->name, y->name);

	if (c == 0)
		c = compare_text(x->version, y->version);
	if (c == 0)
		c = strcmp(x->digest, y->digest);
	return c ? c : compare_text(x->purl, y->purl);
}

void
gv_bill_sort(struct gv_bill *bill)
{
	size_t i, n = 0;

	if (bill->n == 0)
		return;
	qsort(bill->all, bill->n, sizeof(*bill->all), compare);
	for (i = 0; i < bill->n; i++)
		if (n == 0 || compare(&bill->all[i], &bill->all[n - 1]) != 0)
			bill->all[n++] = bill->all[i];
	bill->n = n;
}

/* ---- files -------------------------------------------------------------- */

static bool
ends(const char *name, const char *with)
{
	size_t n = strlen(name), len = strlen(with);

	return n >= len && strcmp(name + n - len, with) == 0;
}

int
gv_bill_read(struct gv_bill *out, const char *name, char *data, size_t len)
{
	const char *base = strrchr(name, '/');

	base = base ? base + 1 : name;
	out->read = 0;
	if (len > GV_BILL_SIZE)
		return gv_err(GV_EREFUSED,
		    "%s: it has %zu bytes, more than the limit of %zu", name,
		    len, GV_BILL_SIZE);
	if (strcmp(base, "go.sum") == 0)
		return gv_bill_read_gosum(out, name, data, len);
	if (strcmp(base, "Chart.lock") == 0)
		return gv_bill_read_chart(out, name, data, len);
	if (ends(base, ".terraform.lock.hcl"))
		return gv_bill_read_terraform(out, name, data, len);
	if (ends(base, ".yaml") || ends(base, ".yml"))
		return gv_bill_read_yaml(out, name, data, len);
	if (ends(base, ".json"))
		return gv_bill_read_json(out, name, data, len);
	return gv_err(GV_EREFUSED,
	    "%s: digests cannot be read from a file of this name; supported "
	    "are manifests in YAML, CycloneDX and SPDX as JSON, "
	    "package-lock.json, go.sum, .terraform.lock.hcl and Chart.lock",
	    name);
}
