#include "policy/consent_seen.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/lines.h"
#include "repo/oid.h"
#include "worktree/cache.h"

/*
 * The file:
 *	git-vault policy-seen 1
 *	shown <40 digits> <seconds since 1970>
 *	declined <40 digits> <seconds since 1970>
 *	= <8 digits>			the sum of all that
 */

#define FILE_NAME "policy-seen"
#define HEAD      "git-vault policy-seen 1\n"

static const char *const words[] = {
	[GV_CONSENT_SHOWN] = "shown ", [GV_CONSENT_DECLINED] = "declined "
};

/* Where the lines are; false for another text. */
static bool
find_lines(const char **p, const char **end, const char *text, size_t len)
{
	size_t to = gv_cache_text_end(text, len, HEAD);

	if (to == 0)
		return false;
	*p = text + sizeof(HEAD) - 1;
	*end = text + to;
	return true;
}

static bool
is_of(const char *line, size_t len, const char *word, const struct gv_oid *of)
{
	char hex[GV_OID_HEX + 1];
	size_t n = strlen(word);

	gv_oid_format(hex, of);
	return len > n + GV_OID_HEX + 1 && memcmp(line, word, n) == 0 &&
	    memcmp(line + n, hex, GV_OID_HEX) == 0 &&
	    line[n + GV_OID_HEX] == ' ';
}

int64_t
gv_consent_seen_at(const char *text, size_t len, enum gv_consent_seen what,
    const struct gv_oid *of)
{
	const char *p, *end, *line;
	int64_t at = -1;
	size_t n;

	if (!find_lines(&p, &end, text, len))
		return -1;
	while (gv_lines_next(&line, &n, &p, end))
		if (is_of(line, n, words[what], of))
			at =
			    strtoll(line + strlen(words[what]) + GV_OID_HEX + 1,
				NULL, 10);
	return at;
}

int
gv_consent_seen_add(struct gv_buf *out, const char *text, size_t len,
    enum gv_consent_seen what, const struct gv_oid *of, int64_t now)
{
	size_t from = out->len, lines = 0, i = 0, n;
	char hex[GV_OID_HEX + 1];
	const char *p, *q, *end, *line;

	gv_buf_addstr(out, HEAD);
	if (!find_lines(&p, &end, text, len))
		p = end = text;
	for (q = p; gv_lines_next(&line, &n, &q, end);)
		lines++;
	while (gv_lines_next(&line, &n, &p, end)) {
		if (lines - i++ >= GV_CONSENT_SEEN_MAX ||
		    is_of(line, n, words[what], of))
			continue;
		gv_buf_add(out, line, n);
		gv_buf_addch(out, '\n');
	}
	gv_oid_format(hex, of);
	gv_buf_addf(out, "%s%s %" PRId64 "\n", words[what], hex, now);
	gv_cache_seal_text(out, from);
	return gv_buf_check(out);
}

static int64_t
seen_at(const struct gv_repo *repo, enum gv_consent_seen what,
    const struct gv_oid *of)
{
	struct gv_buf file = GV_BUF_INIT;
	int64_t at = -1;

	if (gv_cache_load(&file, repo, FILE_NAME) == 0)
		at = gv_consent_seen_at(file.p, file.len, what, of);
	gv_buf_release(&file);
	return at;
}

/* A time to come is of a clock that was wrong. */
bool
gv_consent_is_shown(
    const struct gv_repo *repo, const struct gv_oid *of, int64_t now)
{
	int64_t at = seen_at(repo, GV_CONSENT_SHOWN, of);

	return at >= 0 && at <= now && now - at < GV_CONSENT_SHOWN_SECONDS;
}

bool
gv_consent_is_declined(const struct gv_repo *repo, const struct gv_oid *of)
{
	return seen_at(repo, GV_CONSENT_DECLINED, of) >= 0;
}

void
gv_consent_see(const struct gv_repo *repo, enum gv_consent_seen what,
    const struct gv_oid *of, int64_t now)
{
	struct gv_buf was = GV_BUF_INIT, file = GV_BUF_INIT;

	(void)gv_cache_load(&was, repo, FILE_NAME);
	if (gv_consent_seen_add(&file, was.p, was.len, what, of, now) == 0)
		gv_cache_save(repo, FILE_NAME, &file, true);
	gv_buf_release(&was);
	gv_buf_release(&file);
}
