#include "state_out.h"

#include <stddef.h>
#include <string.h>

#include "base/buf.h"
#include "base/shell.h"
#include "json.h"
#include "out.h"
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

void
gv_state_out_pushable(struct gv_out *out, const char *path, const char *tool)
{
	static const struct {
		const char *tool, *command;
	} tools[] = {
		{ "terraform", "terraform state push" },
		{ "pulumi", "pulumi stack import --file" },
	};
	struct gv_buf word = GV_BUF_INIT;
	size_t i;

	gv_shell_word(&word, path);
	if (gv_buf_check(&word) < 0)
		goto out;
	gv_out_say(out, "wrote the old state to%s (plaintext)", word.p);
	for (i = 0; i < sizeof(tools) / sizeof(*tools); i++)
		if (tool && strcmp(tool, tools[i].tool) == 0)
			gv_out_say(out, "hint: %s%s && rm%s", tools[i].command,
			    word.p, word.p);
out:
	gv_buf_release(&word);
}
