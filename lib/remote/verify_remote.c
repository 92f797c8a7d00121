#include "remote/verify_remote.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "remote/remote_ref.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "sys/proc.h"
#include "vault/note.h"

#define PREFIX GV_REFS_VAULT

static int
compare(const void *a, const void *b)
{
	return strcmp(
	    ((const struct gv_ref *)a)->name, ((const struct gv_ref *)b)->name);
}

static int
tell_line(const char *line)
{
	if (strspn(line, "0123456789abcdef") == 64 && line[64] == '\t')
		return gv_err(GV_EREFUSED, "%s", GV_VERIFY_REMOTE_HASH);
	return gv_err(GV_ECORRUPT,
	    "the remote's list of refs has an invalid line: %s", line);
}

int
gv_verify_remote_parse(struct gv_refs *out, char *text)
{
	struct gv_refs refs = { .text = text };
	size_t cap = 0;
	char *line, *nl;
	int r = 0;

	for (line = text; r == 0 && (nl = strchr(line, '\n')); line = nl + 1) {
		struct gv_ref ref;

		*nl = '\0';
		if (nl - line <= GV_OID_HEX + 1 || line[GV_OID_HEX] != '\t' ||
		    gv_oid_parse(&ref.oid, line) < 0) {
			r = tell_line(line);
			break;
		}
		ref.name = line + GV_OID_HEX + 1;
		if (strncmp(ref.name, PREFIX, strlen(PREFIX)) != 0 &&
		    strcmp(ref.name, GV_REF_NOTES) != 0)
			continue;
		if ((r = gv_vec_grow((void **)&refs.refs, &cap, refs.n + 1,
			 sizeof(ref))) == 0)
			refs.refs[refs.n++] = ref;
	}
	if (r < 0) {
		gv_refs_release(&refs);
		return r;
	}
	if (refs.n)
		qsort(refs.refs, refs.n, sizeof(*refs.refs), compare);
	*out = refs;
	return 0;
}

static int
parse_lines(struct gv_refs *out, struct gv_buf *lines)
{
	char *text = gv_buf_take(lines);

	return text ? gv_verify_remote_parse(out, text) : GV_ENOMEM;
}

/* A tag is listed by itself alone, without what it is of. */
static int
list_mapped(struct gv_refs *out, const char *remote, struct gv_buf *pattern,
    const struct gv_remote_ref *map)
{
	struct gv_buf others = GV_BUF_INIT, lines = GV_BUF_INIT;
	const char *argv[] = { "git", "ls-remote", "--refs", "--", remote, NULL,
		NULL, NULL };
	struct gv_proc p = GV_PROC_INIT;
	int r;

	gv_buf_addf(&others, "%s*", map->others.p);
	r = gv_buf_check(&others);
	argv[5] = pattern->p;
	argv[6] = gv_remote_ref_is_prefixed(map) ? others.p : NULL;
	if (r < 0)
		goto out;
	r = gv_proc_run(&p, &(struct gv_proc_opts){ .argv = argv });
	if (r < 0)
		goto out;
	if (p.status) {
		r = gv_err(GV_ERROR, "cannot ask the remote '%s': %s", remote,
		    gv_proc_why(&p));
		goto out;
	}
	if ((r = gv_remote_ref_list(&lines, map, p.out.p)) < 0)
		goto out;
	r = parse_lines(out, &lines);
out:
	gv_proc_release(&p);
	gv_buf_release(&lines);
	gv_buf_release(&others);
	return r;
}

static int
list_theirs(struct gv_refs *out, const struct gv_repo *repo, const char *remote)
{
	struct gv_buf pattern = GV_BUF_INIT;
	struct gv_remote_ref map;
	int r = gv_remote_ref_open(&map, &repo->config, remote, strlen(remote));

	if (r == 0 &&
	    (r = gv_remote_ref_there(&pattern, &map, PREFIX "*")) == 0)
		r = list_mapped(out, remote, &pattern, &map);
	gv_buf_release(&pattern);
	gv_remote_ref_release(&map);
	return r;
}

static int
add(struct gv_verify_remote *out, const char *name, const struct gv_ref *ours,
    const struct gv_ref *theirs)
{
	struct gv_verify_remote_ref *ref;

	/* of this moment; nothing is lost with one. Notes are git's */
	if (strncmp(name, GV_REFS_LOCKS, strlen(GV_REFS_LOCKS)) == 0 ||
	    strcmp(name, GV_REF_NOTES) == 0)
		return 0;
	if (GV_GROW(out->refs, out->n, out->cap) < 0)
		return GV_ENOMEM;
	ref = &out->refs[out->n++];
	memset(ref, 0, sizeof(*ref));
	ref->name = name;
	if (ours)
		ref->ours = ours->oid;
	if (theirs)
		ref->theirs = theirs->oid;
	ref->state = !theirs ? GV_VERIFY_REMOTE_MISSING
	    : !ours          ? GV_VERIFY_REMOTE_ONLY
	    : gv_oid_equal(&ours->oid, &theirs->oid)
	    ? GV_VERIFY_REMOTE_THERE
	    : GV_VERIFY_REMOTE_DIFFERENT;
	out->counts[ref->state]++;
	return 0;
}

int
gv_verify_remote_ask(
    struct gv_verify_remote *out, struct gv_repo *repo, const char *remote)
{
	struct gv_verify_remote v = { 0 };
	const struct gv_ref *a, *b;
	size_t i = 0, j = 0;
	int c, r = gv_ref_list(&v.ours, repo, PREFIX);

	if (r == 0)
		r = list_theirs(&v.theirs, repo, remote);
	while (r == 0 && (i < v.ours.n || j < v.theirs.n)) {
		a = i < v.ours.n ? &v.ours.refs[i] : NULL;
		b = j < v.theirs.n ? &v.theirs.refs[j] : NULL;
		c = !a ? 1 : !b ? -1 : strcmp(a->name, b->name);
		if (c <= 0)
			r = add(&v, a->name, a, c == 0 ? b : NULL);
		else if (b)
			r = add(&v, b->name, NULL, b);
		i += c <= 0;
		j += c >= 0;
	}
	if (r < 0)
		gv_verify_remote_release(&v);
	else
		*out = v;
	return r;
}

void
gv_verify_remote_release(struct gv_verify_remote *v)
{
	if (v == NULL)
		return;
	free(v->refs);
	gv_refs_release(&v->ours);
	gv_refs_release(&v->theirs);
	memset(v, 0, sizeof(*v));
}
