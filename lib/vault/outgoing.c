#include "vault/outgoing.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "store/ref.h"
#include "store/repo.h"
#include "vault/remote_ref.h"

/* "<local ref> <id> <remote ref> <id>", as git writes it; names have no blanks.
 */
struct line {
	const char *local, *remote; /* names, not ended */
	struct gv_oid is, was;      /* zero: deleted; not there yet */
};

/* One word and the id behind it; the next word, or the end; NULL where there is
 * none. */
static const char *
read_pair(const char **name, struct gv_oid *oid, const char *p, const char *end)
{
	const char *blank = memchr(p, ' ', (size_t)(end - p));

	*name = p;
	if (blank == NULL || end - blank <= GV_OID_HEX ||
	    gv_oid_parse(oid, blank + 1) < 0)
		return NULL;
	p = blank + 1 + GV_OID_HEX;
	return p < end && *p == ' ' ? p + 1 : p;
}

static int
read_line(struct line *out, const char *p, const char *end)
{
	p = read_pair(&out->local, &out->is, p, end);
	if (p)
		p = read_pair(&out->remote, &out->was, p, end);
	return p == end
	    ? 0
	    : gv_err(GV_ERROR,
		  "what git says of the push is not as githooks(5) has it");
}

static void
add(struct gv_buf *out, const char *sign, const struct gv_oid *oid)
{
	char hex[GV_OID_HEX + 1];

	gv_oid_format(hex, oid);
	gv_buf_addf(out, "%s%s\n", sign, hex);
}

static int
add_lines(
    struct gv_buf *out, const struct gv_repo *repo, const struct gv_buf *lines)
{
	const char *p = lines->p, *end = p + lines->len, *nl;
	struct line line;
	int r = 0;

	for (; r == 0 && p < end; p = nl + 1) {
		nl = memchr(p, '\n', (size_t)(end - p));
		if (nl == NULL)
			nl = end;
		r = read_line(&line, p, nl);
		if (r < 0 || gv_oid_is_zero(&line.is) ||
		    gv_remote_ref_is_ours(&repo->config, line.local) ||
		    gv_remote_ref_is_ours(&repo->config, line.remote))
			continue;
		add(out, "", &line.is);
		if (!gv_oid_is_zero(&line.was))
			add(out, "^", &line.was);
	}
	return r < 0 ? r : gv_buf_check(out);
}

int
gv_outgoing_revisions(struct gv_buf *out, const struct gv_repo *repo,
    const char *remote, const struct gv_buf *lines)
{
	struct gv_buf prefix = GV_BUF_INIT;
	struct gv_refs refs = { 0 };
	size_t i, before = out->len;
	int r = add_lines(out, repo, lines);

	gv_buf_addf(&prefix, "refs/remotes/%s/", remote);
	if (r == 0)
		r = gv_buf_check(&prefix);
	if (r == 0 && out->len > before)
		r = gv_ref_list(&refs, repo, prefix.p);
	for (i = 0; r == 0 && i < refs.n; i++)
		add(out, "^", &refs.refs[i].oid);
	gv_refs_release(&refs);
	gv_buf_release(&prefix);
	return r < 0 ? r : gv_buf_check(out);
}
