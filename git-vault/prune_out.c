#include "prune_out.h"

#include <string.h>

#include "json.h"
#include "out.h"
#include "vault/prune.h"

void
gv_prune_out_json(struct gv_json *j, const struct gv_prune *p, size_t i)
{
	const struct gv_retention_verdict *v = &p->retention.verdicts[i];
	const struct gv_record *rec = &p->records.records[i];
	const char *line;
	size_t n;

	gv_json_object(j, NULL);
	gv_json_string(j, "id", rec->id);
	gv_json_time(j, "time", rec->time);
	gv_json_string(j, "branch", rec->branch);
	gv_json_string(j, "host", rec->host);
	gv_json_uint(j, "group", v->group);
	gv_json_string(j, "action", v->keep ? "keep" : "drop");
	gv_json_array(j, "reasons");
	for (line = v->why; *line; line += n + 1) {
		n = strcspn(line, "\n");
		gv_json_text(j, NULL, line, n);
	}
	gv_json_end(j);
	gv_json_end(j);
}

void
gv_prune_out_damaged(
    struct gv_out *out, struct gv_json *j, const struct gv_prune *p)
{
	const char *line = p->damaged.p;
	size_t n;

	if (j)
		gv_json_array(j, "damaged");
	for (; *line; line += n + 1) {
		n = strcspn(line, "\n");
		gv_out_warn(out, "%.*s", (int)n, line);
		if (j)
			gv_json_text(j, NULL, line, n);
	}
	if (j)
		gv_json_end(j);
}
