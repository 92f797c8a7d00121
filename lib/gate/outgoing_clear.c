#include <string.h>

#include "base/err.h"
#include "gate/outgoing.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "repo/repo.h"
#include "worktree/cache.h"

/*
 * What the gate looked through last, and found nothing in. A snapshot looks
 * before the sync does, and the next sync before the one after, so most looks
 * are of commits that were just looked at. Text, and at last the CRC-32 of all
 * before it:
 *
 *	git-vault cleared 1
 *	RULES			a digest of what is looked for
 *	^ID …			what was passed over: the remote had it
 *	ID …			what was looked through, with all behind it
 *	= CRC
 *
 * It counts only by the same rules, and where all that was passed over then is
 * passed over now: another remote may lack it. What was found and allowed is
 * not in it, since an allowance ends.
 */

#define MAGIC "git-vault cleared 1\n"
#define NAME  "cleared"
#define MAX   ((size_t)64 * 1024)
#define HEAD  (sizeof(MAGIC) - 1 + GV_OID_HEX + 1)

/* Whether a line is among these. */
static bool
has_line(const struct gv_buf *lines, const char *line, size_t len)
{
	const char *p = lines->p, *end = p + lines->len;

	for (; p && (size_t)(end - p) >= len; p++) {
		if (memcmp(p, line, len) == 0)
			return true;
		p = memchr(p, '\n', (size_t)(end - p));
		if (p == NULL)
			break;
	}
	return false;
}

static void
start(struct gv_buf *out, const struct gv_oid *rules)
{
	char hex[GV_OID_HEX + 1];

	gv_oid_format(hex, rules);
	gv_buf_addf(out, MAGIC "%s\n", hex);
}

/* The first line behind those that were passed over; NULL where one of them
 * goes now. */
static const char *
skip_passed(const struct gv_outgoing *out, const char *p, const char *end)
{
	const char *nl;

	for (; p < end && *p == '^'; p = nl + 1) {
		nl = memchr(p, '\n', (size_t)(end - p));
		if (nl == NULL ||
		    !has_line(&out->revisions, p, (size_t)(nl + 1 - p)))
			return NULL;
	}
	return p;
}

int
gv_outgoing_clear(struct gv_outgoing *out, const struct gv_repo *repo,
    const struct gv_oid *rules)
{
	struct gv_buf text = GV_BUF_INIT, head = GV_BUF_INIT;
	struct gv_oid oid;
	const char *p = NULL, *end;
	size_t n = 0;
	int r = 0;

	if (repo->shallow || out->revisions.len == 0 ||
	    gv_cache_load(&text, repo, NAME) < 0)
		goto out;
	start(&head, rules);
	if ((r = gv_buf_check(&head)) < 0)
		goto out;
	n = gv_cache_text_end(text.p, text.len, MAGIC);
	end = text.p + n;
	if (n >= HEAD && memcmp(text.p, head.p, HEAD) == 0)
		p = skip_passed(out, text.p + HEAD, end);
	for (; p && p < end; p += GV_OID_HEX + 1) {
		if (gv_oid_parse(&oid, p) < 0)
			break;
		gv_outgoing_exclude(out, &oid);
	}
	r = gv_buf_check(&out->revisions);
out:
	gv_buf_release(&text);
	gv_buf_release(&head);
	return r;
}

/* Add the lines that begin with '^', or the others: of these what is here. */
static void
add_lines(struct gv_buf *text, struct gv_odb *odb, const char *p, size_t len,
    bool is_passed)
{
	const char *end = p + len, *nl;
	struct gv_oid oid;

	for (; p < end && (nl = memchr(p, '\n', (size_t)(end - p)));
	     p = nl + 1) {
		if ((*p == '^') != is_passed)
			continue;
		if (is_passed ||
		    (gv_oid_parse(&oid, p) == 0 && gv_odb_has(odb, &oid)))
			gv_buf_add(text, p, (size_t)(nl + 1 - p));
	}
}

void
gv_outgoing_save_clear(const struct gv_outgoing *out, size_t len,
    struct gv_repo *repo, const struct gv_oid *rules)
{
	struct gv_buf text = GV_BUF_INIT, before = GV_BUF_INIT;
	char *message = gv_err_save();
	struct gv_odb *odb;

	if (repo->shallow || len == 0 || len > MAX ||
	    gv_repo_odb(repo, &odb) < 0)
		goto out;
	start(&text, rules);
	add_lines(&text, odb, out->revisions.p, len, true);
	add_lines(&text, odb, out->revisions.p, len, false);
	gv_cache_seal_text(&text, 0);
	if (gv_buf_check(&text) == 0 &&
	    (gv_cache_load(&before, repo, NAME) < 0 || before.len != text.len ||
		memcmp(before.p, text.p, text.len) != 0))
		gv_cache_save(repo, NAME, &text, true);
out:
	gv_err_restore(message);
	gv_buf_release(&before);
	gv_buf_release(&text);
}
