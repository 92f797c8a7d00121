#include "foreign/working_copy_proof.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/lines.h"
#include "worktree/cache.h"

/*
 *	git-vault proof 1
 *	<svn|hg> <revision> <seconds> <yes|no> <folder>
 *	<40 digits>	the stamp of the database
 *	<40 digits>	the server
 *	<path>		of a server that is a folder; or empty
 *	= <8 digits>	the sum of all that
 */
#define HEAD "git-vault proof 1\n"

static const char *const tools[] = { "svn", "hg", NULL };

enum gv_working_copy_says
gv_working_copy_proof_say(const struct gv_working_copy_proof *was,
    const struct gv_working_copy_proof *is, bool knows_server)
{
	int64_t age;

	if (was->tool == NULL || strcmp(was->tool, is->tool) != 0 ||
	    strcmp(was->revision, is->revision) != 0 ||
	    !(knows_server ? gv_oid_equal(&was->server, &is->server)
			   : gv_oid_equal(&was->stamp, &is->stamp)))
		return GV_WORKING_COPY_ASK;
	/* a clock that was set back */
	if (was->time < 0 || was->time > is->time)
		return GV_WORKING_COPY_ASK;
	age = is->time - was->time;
	if (!was->is_had)
		return age < GV_WORKING_COPY_LOST ? GV_WORKING_COPY_LACKS
						  : GV_WORKING_COPY_ASK;
	return age < GV_WORKING_COPY_HAD ? GV_WORKING_COPY_HAS
					 : GV_WORKING_COPY_ASK;
}

void
gv_working_copy_proof_format(
    struct gv_buf *out, const struct gv_working_copy_proof *p)
{
	char stamp[GV_OID_HEX + 1], server[GV_OID_HEX + 1];

	gv_oid_format(stamp, &p->stamp);
	gv_oid_format(server, &p->server);
	gv_buf_addf(out, HEAD "%s %s %lld %s %s\n%s\n%s\n%s\n", p->tool,
	    p->revision, (long long)p->time, p->is_had ? "yes" : "no",
	    p->folder, stamp, server, p->local.len ? p->local.p : "");
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
	char tool[8], time[24], answer[8], *stop = time;
	size_t i;

	*out = (struct gv_working_copy_proof){ .local = GV_BUF_INIT };
	p = gv_lines_after(text, end, HEAD);
	p = take(tool, sizeof(tool), p, end, ' ');
	p = take(out->revision, sizeof(out->revision), p, end, ' ');
	p = take(time, sizeof(time), p, end, ' ');
	p = take(answer, sizeof(answer), p, end, ' ');
	p = take(out->folder, sizeof(out->folder), p, end, '\n');
	p = take_oid(&out->stamp, p, end);
	p = take_oid(&out->server, p, end);
	if (p == NULL || p == end || end[-1] != '\n' ||
	    memchr(p, '\0', (size_t)(end - p)))
		return GV_ECORRUPT;
	out->time = strtoll(time, &stop, 10);
	out->is_had = strcmp(answer, "yes") == 0;
	if (*stop || stop == time ||
	    (!out->is_had && strcmp(answer, "no") != 0))
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
