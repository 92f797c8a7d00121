#include "base/err.h"
#include "component/component_stored.h"
#include "object/odb.h"
#include "repo/refs.h"
#include "sync/sync_internal.h"

/*
 * Dumps of components are a union less what is deleted, as snapshots are. A
 * dump that another clone deleted by its retention goes here, too: there is no
 * trash for what a database can be dumped to again.
 */

static int
drop(struct gv_sync_merge *m, struct gv_sync_ref *ref)
{
	int r = gv_sync_set_add(m->s, &m->s->gone, ref->name);

	if (r < 0 || gv_oid_is_zero(&ref->ours))
		return r;
	gv_ref_delete(&m->edit.tx, ref->name, &ref->ours);
	return gv_sync_note(m->s, GV_SYNC_DROPPED, ref, NULL);
}

int
gv_sync_component(struct gv_sync_merge *m, struct gv_sync_ref *ref)
{
	const char *id, *env, *name;
	size_t env_len, name_len;

	if (!gv_component_ref_split(
		&id, &env, &env_len, &name, &name_len, ref->name)) {
		if (!gv_oid_is_zero(&ref->ours))
			return 0;
		(void)gv_err(GV_EREFUSED, "this is no name of a dump");
		return gv_sync_conflict(m->s, ref);
	}
	return gv_sync_is_deleted(m, id) ? drop(m, ref)
					 : gv_sync_made_once(m, ref);
}
