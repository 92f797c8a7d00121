#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "repo/ref.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "state/track_internal.h"
#include "sys/cancel.h"

void
gv_track_ref(struct gv_buf *out, const struct gv_track_of *of)
{
	gv_buf_addf(out, GV_REFS_STATES "%s/%s", of->env, of->stack);
}

int
gv_track_tip(struct gv_oid *out, const struct gv_repo *repo,
    const struct gv_track_of *of)
{
	struct gv_buf name = GV_BUF_INIT;
	int r;

	gv_track_ref(&name, of);
	if ((r = gv_buf_check(&name)) == 0)
		r = gv_ref_find(out, repo, name.p);
	gv_buf_release(&name);
	return r;
}

/* The version that a ref leads to, which is of the state that the ref is named
 * after. */
static int
load_ref(
    struct gv_track_version *out, struct gv_odb *odb, const struct gv_ref *ref)
{
	struct gv_buf name = GV_BUF_INIT;
	int r;

	if ((r = gv_track_load(out, odb, &ref->oid)) < 0)
		goto out;
	gv_track_ref(&name, &(struct gv_track_of){ out->env, out->stack });
	if ((r = gv_buf_check(&name)) < 0)
		goto out;
	if (strcmp(name.p, ref->name) != 0)
		r = gv_err(GV_ECORRUPT, "it is a version of %s/%s", out->env,
		    out->stack);
out:
	gv_buf_release(&name);
	if (r < 0)
		gv_track_version_release(out);
	return r;
}

int
gv_track_need_tip(struct gv_oid *out, const struct gv_repo *repo,
    const struct gv_track_of *of)
{
	int r = gv_track_tip(out, repo, of);

	return r == 0 && gv_oid_is_zero(out)
	    ? gv_err(GV_ENOTFOUND,
		  "there is no state %s/%s; to list states: git vault state "
		  "list",
		  of->env, of->stack)
	    : r;
}

int
gv_track_each(struct gv_repo *repo,
    int (*fn)(void *ctx, const struct gv_track_version *v),
    int (*bad)(void *ctx, const char *ref), void *ctx)
{
	struct gv_refs refs = { 0 };
	struct gv_odb *odb;
	size_t i;
	int r = gv_repo_odb(repo, &odb);

	if (r == 0)
		r = gv_ref_list(&refs, repo, GV_REFS_STATES);
	for (i = 0; r == 0 && i < refs.n; i++) {
		struct gv_track_version v;

		r = load_ref(&v, odb, &refs.refs[i]);
		if (r < 0 && r != GV_ENOMEM)
			r = gv_err_in(r, "%s", refs.refs[i].name);
		if (r < 0 && r != GV_ENOMEM && bad)
			r = bad(ctx, refs.refs[i].name);
		else if (r == 0)
			r = fn(ctx, &v);
		gv_track_version_release(&v);
	}
	gv_refs_release(&refs);
	return r;
}

/* A chain cannot be a ring, since each commit names the one before. */
int
gv_track_log(struct gv_repo *repo, const struct gv_track_of *of,
    int (*fn)(void *ctx, const struct gv_track_version *v), void *ctx)
{
	struct gv_track_version v = { 0 };
	struct gv_odb *odb;
	struct gv_oid at;
	int r = gv_repo_odb(repo, &odb);

	if (r == 0)
		r = gv_track_need_tip(&at, repo, of);
	while (r == 0 && !gv_oid_is_zero(&at)) {
		if ((r = gv_track_load_of(&v, odb, &at, of)) == 0) {
			at = v.previous;
			r = fn(ctx, &v);
		}
		gv_track_version_release(&v);
		if (r == 0 && gv_cancel_requested())
			r = gv_cancel_error();
	}
	return r < 0 ? r : 0;
}

/* ---- one version -------------------------------------------------------- */

struct search {
	struct gv_track_version *out;
	bool found, is_ambiguous;
	uint64_t back;      /* versions before the newest */
	const char *prefix; /* of the commit's id; NULL */
	const uint64_t *serial;
};

static int
copy_text(char **out, const char *text)
{
	*out = text ? strdup(text) : NULL;
	return text && *out == NULL ? gv_err_nomem() : 0;
}

int
gv_track_version_copy(
    struct gv_track_version *out, const struct gv_track_version *v)
{
	int r = 0;

	*out = *v;
	r |= copy_text(&out->env, v->env);
	r |= copy_text(&out->stack, v->stack);
	r |= copy_text(&out->tool, v->tool);
	r |= copy_text(&out->writer, v->writer);
	r |= copy_text(&out->lineage, v->lineage);
	r |= copy_text(&out->forced, v->forced);
	r |= copy_text(&out->damage, v->damage);
	r |= copy_text(&out->host, v->host);
	r |= copy_text(&out->snapshot, v->snapshot);
	if (r)
		gv_track_version_release(out);
	return r ? GV_ENOMEM : 0;
}

static int
look(void *ctx, const struct gv_track_version *v)
{
	struct search *s = ctx;
	char hex[GV_OID_HEX + 1];
	bool fits;

	gv_oid_format(hex, &v->commit);
	if (s->prefix)
		fits = strncmp(hex, s->prefix, strlen(s->prefix)) == 0;
	else if (s->serial)
		fits = v->has_serial && v->serial == *s->serial;
	else
		fits = s->back-- == 0;
	if (!fits)
		return 0;
	if (s->found) {
		s->is_ambiguous = true;
		return 1;
	}
	s->found = true;
	if (gv_track_version_copy(s->out, v) < 0)
		return GV_ENOMEM;
	/* another commit may begin so as well */
	return s->prefix && strlen(s->prefix) < GV_OID_HEX ? 0 : 1;
}

static int
read_count(uint64_t *out, const char *text)
{
	char *end;

	*out = strtoull(text, &end, 10);
	return *text >= '0' && *text <= '9' && *end == '\0' && strlen(text) < 20
	    ? 0
	    : GV_EUSAGE;
}

static bool
is_prefix(const char *text)
{
	size_t n = strlen(text);

	return n >= 4 && n <= GV_OID_HEX &&
	    strspn(text, "0123456789abcdef") == n;
}

int
gv_track_resolve(struct gv_track_version *out, struct gv_repo *repo,
    const struct gv_track_of *of, const char *text)
{
	struct search s = { .out = out };
	uint64_t serial;
	int r = 0;

	memset(out, 0, sizeof(*out));
	if (strncmp(text, "serial:", 7) == 0) {
		r = read_count(&serial, text + 7);
		s.serial = &serial;
	} else if (strncmp(text, "latest~", 7) == 0) {
		r = read_count(&s.back, text + 7);
	} else if (is_prefix(text)) {
		s.prefix = text;
	} else if (strcmp(text, "latest") != 0) {
		r = GV_EUSAGE;
	}
	if (r < 0)
		return gv_err(GV_EUSAGE,
		    "'%s' names no version: say latest, latest~N, serial:N or "
		    "the beginning of an id that 'git vault state log' tells",
		    text);
	if ((r = gv_track_log(repo, of, look, &s)) < 0)
		goto out;
	if (s.is_ambiguous)
		r = gv_err(GV_EUSAGE,
		    "'%s' matches several versions; give more digits", text);
	else if (!s.found)
		r = gv_err(GV_ENOTFOUND,
		    "%s/%s has no version %s; to list its versions: git vault "
		    "state log",
		    of->env, of->stack, text);
out:
	if (r < 0)
		gv_track_version_release(out);
	return r;
}
