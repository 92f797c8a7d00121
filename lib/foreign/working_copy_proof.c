#include "foreign/working_copy_proof.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/lines.h"
#include "worktree/cache.h"

/*
 *	git-vault proof 2
 *	<svn|hg> <revision> <answered> <asked> <yes|no|other> <folder>
 *	<40 digits>	the stamp of the database
 *	<40 digits>	the server
 *	<path>		of a server that is a folder; or empty
 *	= <8 digits>	the sum of all that
 */
#define HEAD "git-vault proof 2\n"

static const char *const tools[] = { "svn", "hg", NULL };

static const char *const answers[] = { [GV_WORKING_COPY_ASK] = "?",
	[GV_WORKING_COPY_HAS] = "yes",
	[GV_WORKING_COPY_LACKS] = "no",
	[GV_WORKING_COPY_OTHER] = "other" };

static bool
is_same(const struct gv_working_copy_proof *was,
    const struct gv_working_copy_proof *is, bool knows_server)
{
	return was->tool && strcmp(was->tool, is->tool) == 0 &&
	    strcmp(was->revision, is->revision) == 0 &&
	    (knows_server ? gv_oid_equal(&was->server, &is->server)
			  : gv_oid_equal(&was->stamp, &is->stamp));
}

/* Also of a clock that was set back. */
static bool
is_within(int64_t since, int64_t now, int64_t most)
{
	return since >= 0 && since <= now && now - since < most;
}

enum gv_working_copy_says
gv_working_copy_proof_say(const struct gv_working_copy_proof *was,
    const struct gv_working_copy_proof *is, bool knows_server)
{
	bool counts;

	if (!is_same(was, is, knows_server))
		return GV_WORKING_COPY_ASK;
	counts = was->says == GV_WORKING_COPY_HAS
	    ? is_within(was->time, is->time, GV_WORKING_COPY_HAD) &&
		is_within(was->asked, is->time, GV_WORKING_COPY_AGAIN)
	    : is_within(was->time, is->time, GV_WORKING_COPY_LOST);
	return counts ? was->says : GV_WORKING_COPY_ASK;
}

void
gv_working_copy_proof_take(struct gv_working_copy_proof *is,
    const struct gv_working_copy_proof *was, enum gv_working_copy_says said)
{
	is->asked = is->time;
	is->says = said;
	if (said != GV_WORKING_COPY_ASK)
		return;
	is->says = GV_WORKING_COPY_LACKS;
	if (is_same(was, is, true) && was->says == GV_WORKING_COPY_HAS &&
	    is_within(was->time, is->time, GV_WORKING_COPY_HAD)) {
		is->says = GV_WORKING_COPY_HAS;
		is->time = was->time;
	}
}

void
gv_working_copy_proof_format(
    struct gv_buf *out, const struct gv_working_copy_proof *p)
{
	char stamp[GV_OID_HEX + 1], server[GV_OID_HEX + 1];

	gv_oid_format(stamp, &p->stamp);
	gv_oid_format(server, &p->server);
	gv_buf_addf(out, HEAD "%s %s %lld %lld %s %s\n%s\n%s\n%s\n", p->tool,
	    p->revision, (long long)p->time, (long long)p->asked,
	    answers[p->says], p->folder, stamp, server,
	    p->local.len ? p->local.p : "");
	gv_cache_seal_text(out, 0);
}

/* A word of less than `most` bytes, and what is behind the byte that ends it.
 */
static const char *
take(char *out, size_t most, const char *p, const char *end, char until)
{
	const char *to = p ? memchr(p, until, (size_t)(end - p)) : NULL;

	if (to == NULL || (size_t)(to - p) >= most ||
	    memchr(p, '\0', (size_t)(to - p)))
		return NULL;
	memcpy(out, p, (size_t)(to - p));
	out[to - p] = '\0';
	return to + 1;
}

static const char *
take_time(int64_t *out, const char *p, const char *end)
{
	char text[24] = "", *stop = text;

	p = take(text, sizeof(text), p, end, ' ');
	*out = strtoll(text, &stop, 10);
	return stop == text || *stop ? NULL : p;
}

static const char *
take_oid(struct gv_oid *out, const char *p, const char *end)
{
	char hex[GV_OID_HEX + 1];

	p = take(hex, sizeof(hex), p, end, '\n');
	return p && strlen(hex) == GV_OID_HEX && gv_oid_parse(out, hex) == 0
	    ? p
	    : NULL;
}

int
gv_working_copy_proof_parse(
    struct gv_working_copy_proof *out, const char *text, size_t len)
{
	const char *end = text + gv_cache_text_end(text, len, HEAD), *p;
	char tool[8], answer[8];
	size_t i;

	*out = (struct gv_working_copy_proof){ .local = GV_BUF_INIT };
	p = gv_lines_after(text, end, HEAD);
	p = take(tool, sizeof(tool), p, end, ' ');
	p = take(out->revision, sizeof(out->revision), p, end, ' ');
	p = take_time(&out->time, p, end);
	p = take_time(&out->asked, p, end);
	p = take(answer, sizeof(answer), p, end, ' ');
	p = take(out->folder, sizeof(out->folder), p, end, '\n');
	p = take_oid(&out->stamp, p, end);
	p = take_oid(&out->server, p, end);
	if (p == NULL || p == end || end[-1] != '\n' ||
	    memchr(p, '\0', (size_t)(end - p)))
		return GV_ECORRUPT;
	for (i = GV_WORKING_COPY_HAS; i <= GV_WORKING_COPY_OTHER; i++)
		if (strcmp(answers[i], answer) == 0)
			out->says = (enum gv_working_copy_says)i;
	if (out->says == GV_WORKING_COPY_ASK)
		return GV_ECORRUPT;
	gv_buf_add(&out->local, p, (size_t)(end - p) - 1);
	for (i = 0; tools[i]; i++)
		if (strcmp(tools[i], tool) == 0)
			out->tool = tools[i];
	return out->tool ? gv_buf_check(&out->local) : GV_ECORRUPT;
}

void
gv_working_copy_proof_release(struct gv_working_copy_proof *proof)
{
	gv_buf_release(&proof->local);
	memset(proof, 0, sizeof(*proof));
}
