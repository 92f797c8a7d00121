#include <string.h>

#include "base/err.h"
#include "replica/replica_refs.h"
#include "replica/replica_restore.h"
#include "repo/refs.h"

/*
 * The refs of one host have their own names. What others have beside these is
 * added; what they have otherwise, or what cannot be beside these, goes where a
 * fetch from that host would have put it: branches to refs/remotes/HOST, the
 * vault to refs/vault-remote/HOST, which the next sync or snapshot merges.
 */

static void
add_line(struct gv_buf *out, const char *name, const struct gv_oid *id)
{
	char hex[GV_OID_HEX + 1];

	gv_oid_format(hex, id);
	gv_buf_addf(out, "update %s %s\n", name, hex);
}

static void
add_aside(
    struct gv_buf *out, const char *host, const struct gv_replica_ref *ref)
{
	struct gv_buf name = GV_BUF_INIT;
	const char *rest = ref->name + strlen("refs/");

	if (strncmp(ref->name, GV_REFS_HEADS, strlen(GV_REFS_HEADS)) == 0)
		gv_buf_addf(&name, "refs/remotes/%s/%s", host,
		    ref->name + strlen(GV_REFS_HEADS));
	else if (strncmp(ref->name, GV_REFS_VAULT, strlen(GV_REFS_VAULT)) == 0)
		gv_buf_addf(&name, GV_REFS_REMOTES "%s/%s", host,
		    ref->name + strlen(GV_REFS_VAULT));
	else
		gv_buf_addf(&name, GV_REFS_REMOTES "%s/%s", host, rest);
	add_line(out, name.p, &ref->id);
	gv_buf_release(&name);
}

/* Add the refs of a manifest to a sorted one. */
static int
join(struct gv_replica_manifest *own, const struct gv_replica_manifest *added)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < added->n_refs; i++)
		r = gv_replica_manifest_add_ref(
		    own, added->refs[i].name, &added->refs[i].id);
	gv_replica_manifest_sort(own);
	return r;
}

/* `own` is what is there already, sorted. */
static int
add_refs(struct gv_buf *out, struct gv_replica_restore *re, size_t which,
    struct gv_replica_manifest *own)
{
	const struct gv_replica_manifest *m = &re->branches[which].chain.state;
	struct gv_replica_manifest added = GV_REPLICA_MANIFEST_INIT;
	const struct gv_replica_ref *had;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < m->n_refs; i++) {
		if (!gv_replica_refs_travels(m->refs[i].name))
			continue;
		had = gv_replica_manifest_ref(own, m->refs[i].name);
		if (had && gv_oid_equal(&had->id, &m->refs[i].id))
			continue;
		if (had || gv_replica_refs_in_the_way(own, m->refs[i].name)) {
			add_aside(out, m->host, &m->refs[i]);
			re->out->aside++;
			continue;
		}
		add_line(out, m->refs[i].name, &m->refs[i].id);
		re->out->refs++;
		re->out->snapshots +=
		    gv_replica_refs_is_snapshot(m->refs[i].name);
		r = gv_replica_manifest_add_ref(
		    &added, m->refs[i].name, &m->refs[i].id);
	}
	if (r == 0)
		r = join(own, &added);
	gv_replica_manifest_release(&added);
	return r < 0 ? r : gv_buf_check(out);
}

static int
set_head(struct gv_replica_restore *re)
{
	const char *head = re->branches[re->chosen].chain.state.head;
	const char *argv[] = { "symbolic-ref", "HEAD", head, NULL };

	return head
	    ? gv_replica_restore_git(re, argv, NULL, "git cannot set HEAD")
	    : 0;
}

int
gv_replica_restore_refs(struct gv_replica_restore *restore)
{
	static const char *const argv[] = { "update-ref", "--stdin", NULL };
	struct gv_replica_manifest own = GV_REPLICA_MANIFEST_INIT;
	struct gv_buf lines = GV_BUF_INIT;
	size_t i;
	int r;

	restore->out->refs = restore->out->snapshots = restore->out->aside = 0;
	r = add_refs(&lines, restore, restore->chosen, &own);
	for (i = 0; r == 0 && i < restore->all.n; i++)
		if (i != restore->chosen && restore->branches[i].is_in)
			r = add_refs(&lines, restore, i, &own);
	if (r == 0 && restore->has_refs)
		r = gv_replica_restore_clear(restore);
	restore->has_refs = true;
	if (r == 0 && (r = set_head(restore)) == 0 && lines.len)
		r = gv_replica_restore_git(
		    restore, argv, &lines, "git cannot set the refs");
	gv_replica_manifest_release(&own);
	gv_buf_release(&lines);
	return r;
}
