#include "remote/tracked.h"

#include <ctype.h>
#include <string.h>

#include "base/err.h"
#include "remote/address.h"
#include "remote/remote.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "worktree/cache.h"

/*
 * A file for each remote, .git/vault/tracked.<remote>, in which what is no
 * letter, digit, '-' or '_' of its name is %XX. Text, and at last the CRC-32 of
 * all before it:
 *	git-vault tracked 1
 *	<digest of the address> @
 *	<commit> <id>
 *	= <crc>
 */
#define MAGIC   "git-vault tracked 1\n"
#define ADDRESS " @\n"

static int
name_file(struct gv_buf *out, const char *remote)
{
	gv_buf_addstr(out, "tracked.");
	for (; *remote; remote++) {
		const unsigned char c = (unsigned char)*remote;

		if (c < 128 && (isalnum(c) || c == '-' || c == '_'))
			gv_buf_addch(out, (char)c);
		else
			gv_buf_addf(out, "%%%02X", c);
	}
	return gv_buf_check(out);
}

static int
name_refs(struct gv_buf *out, const char *remote)
{
	gv_buf_addf(out, GV_REFS_REMOTES "%s/snapshots/", remote);
	return gv_buf_check(out);
}

/* The line that tells where it was asked: the remote of this name may be
 * another one by now. */
static int
add_address(struct gv_buf *out, const struct gv_repo *repo, const char *remote)
{
	struct gv_buf key = GV_BUF_INIT;
	char hex[GV_OID_HEX + 1];
	const char *url = NULL;
	int r;

	gv_buf_addf(&key, "remote.%s.url", remote);
	if ((r = gv_buf_check(&key)) == 0)
		url = gv_config_get(&repo->config, key.p);
	if (r == 0 && (r = gv_address_digest(hex, url ? url : "")) == 0)
		gv_buf_addf(out, "%s" ADDRESS, hex);
	gv_buf_release(&key);
	return r < 0 ? r : gv_buf_check(out);
}

/* Whether it was written of that address, and where its snapshots begin. A file
 * from before there was one says nothing of that. */
static bool
is_of(size_t *at, const struct gv_buf *text, size_t end,
    const struct gv_buf *address)
{
	const size_t from = strlen(MAGIC), len = address->len;
	const size_t hex = GV_OID_HEX;

	*at = from;
	if (end < from + len ||
	    memcmp(text->p + from + hex, ADDRESS, strlen(ADDRESS)) != 0)
		return true;
	*at += len;
	return memcmp(text->p + from, address->p, len) == 0;
}

/* Load the file, and where in it its snapshots begin and end: 1; 0 where it is
 * lost, damaged or of another address, or was never written; a failure. */
static int
load_file(struct gv_buf *text, size_t *at, size_t *end,
    const struct gv_repo *repo, const char *remote)
{
	struct gv_buf name = GV_BUF_INIT, address = GV_BUF_INIT;
	int r = name_file(&name, remote);

	*end = 0;
	if (r < 0 || (r = add_address(&address, repo, remote)) < 0)
		goto out;
	if (gv_cache_load(text, repo, name.p) == GV_ENOMEM) {
		r = GV_ENOMEM;
		goto out;
	}
	if (text->len)
		*end = gv_cache_text_end(text->p, text->len, MAGIC);
	r = *end && is_of(at, text, *end, &address);
out:
	gv_buf_release(&name);
	gv_buf_release(&address);
	return r;
}

/* What the file says, with `prefix` in front of each name. */
static int
read_file(struct gv_refs *out, const struct gv_repo *repo, const char *remote,
    const struct gv_buf *prefix)
{
	struct gv_buf text = GV_BUF_INIT, lines = GV_BUF_INIT;
	size_t end, at = 0;
	int r = load_file(&text, &at, &end, repo, remote);

	for (; r > 0 && at + GV_OID_HEX < end;
	     at += strcspn(text.p + at, "\n") + 1) {
		gv_buf_addf(
		    &lines, "%.*s %s", GV_OID_HEX, text.p + at, prefix->p);
		gv_buf_add(&lines, text.p + at + GV_OID_HEX + 1,
		    strcspn(text.p + at + GV_OID_HEX + 1, "\n") + 1);
	}
	if (r >= 0)
		r = gv_refs_parse(out, &lines);
	gv_buf_release(&text);
	gv_buf_release(&lines);
	return r;
}

static void
add_line(struct gv_buf *out, const struct gv_ref *ref, size_t skip)
{
	char hex[GV_OID_HEX + 1];

	gv_oid_format(hex, &ref->oid);
	gv_buf_addf(out, "%s %s\n", hex, ref->name + skip);
}

/* Of a name that is in both, what stands in refs is the newer. */
static int
join(
    struct gv_refs *out, const struct gv_refs *refs, const struct gv_refs *file)
{
	struct gv_buf lines = GV_BUF_INIT;
	size_t i;
	int r;

	for (i = 0; i < refs->n; i++)
		add_line(&lines, &refs->refs[i], 0);
	for (i = 0; i < file->n; i++)
		if (gv_refs_find(refs, file->refs[i].name) == NULL)
			add_line(&lines, &file->refs[i], 0);
	if ((r = gv_buf_check(&lines)) == 0)
		r = gv_refs_parse(out, &lines);
	gv_buf_release(&lines);
	return r;
}

int
gv_tracked_load(
    struct gv_refs *out, const struct gv_repo *repo, const char *remote)
{
	struct gv_refs refs = { 0 }, file = { 0 };
	struct gv_buf prefix = GV_BUF_INIT;
	int r = name_refs(&prefix, remote);

	memset(out, 0, sizeof(*out));
	if (r == 0 && (r = gv_ref_list(&refs, repo, prefix.p)) == 0)
		r = read_file(&file, repo, remote, &prefix);
	if (r == GV_ECORRUPT)
		r = 0; /* a line of none: it says nothing */
	if (r == 0)
		r = join(out, &refs, &file);
	gv_refs_release(&refs);
	gv_refs_release(&file);
	gv_buf_release(&prefix);
	return r;
}

bool
gv_tracked_is_told(const struct gv_repo *repo, const char *remote)
{
	struct gv_buf text = GV_BUF_INIT;
	size_t at, end;
	bool is = load_file(&text, &at, &end, repo, remote) > 0;

	gv_buf_release(&text);
	return is;
}

bool
gv_tracked_is_snapshot(const char *ref)
{
	return strncmp(ref, GV_REFS_SNAPSHOTS, strlen(GV_REFS_SNAPSHOTS)) ==
	    0 &&
	    strstr(ref, "^{}") == NULL;
}

void
gv_tracked_save(
    const struct gv_repo *repo, const char *remote, const struct gv_refs *list)
{
	struct gv_buf name = GV_BUF_INIT, text = GV_BUF_INIT;
	struct gv_buf old = GV_BUF_INIT;
	size_t i;

	gv_buf_addstr(&text, MAGIC);
	if (add_address(&text, repo, remote) < 0)
		goto out;
	for (i = 0; i < list->n; i++)
		if (gv_tracked_is_snapshot(list->refs[i].name))
			add_line(
			    &text, &list->refs[i], strlen(GV_REFS_SNAPSHOTS));
	gv_cache_seal_text(&text, 0);
	if (name_file(&name, remote) == 0 &&
	    (gv_cache_load(&old, repo, name.p) < 0 || old.len != text.len ||
		memcmp(old.p, text.p, text.len) != 0))
		gv_cache_save(repo, name.p, &text, true);
out:
	gv_buf_release(&name);
	gv_buf_release(&text);
	gv_buf_release(&old);
}
