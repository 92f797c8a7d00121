#include "state_out.h"

#include <stddef.h>

#include "json.h"
#include "statelock/statelock.h"

static void
add(struct gv_json *j, const char *key, const char *text)
{
	gv_json_string(j, key, text && *text ? text : NULL);
}

void
gv_state_out_lock(struct gv_json *j, const struct gv_statelock *lock)
{
	const struct gv_statelock_record *rec = &lock->record;

	gv_json_string(j, "environment", lock->env);
	gv_json_string(j, "stack", lock->stack);
	add(j, "id", rec->id);
	add(j, "operation", rec->operation);
	add(j, "info", rec->info);
	add(j, "actor", rec->who);
	add(j, "version", rec->version);
	if (rec->has_time)
		gv_json_time(j, "time", rec->time);
	else
		gv_json_null(j, "time");
	add(j, "path", rec->path);
	add(j, "damage", lock->damage);
}
