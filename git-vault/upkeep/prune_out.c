#include "git-vault/upkeep/prune_out.h"

#include <string.h>

#include "base/enc.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "retention/prune.h"

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
	gv_json_bool(j, "own", v->is_own);
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
gv_prune_out_sealed(
    struct gv_out *out, const struct gv_prune *p, bool all, bool dry_run)
{
	const struct gv_prune_sealed *s = &p->sealed;
	char hex[2 * GV_DIGEST_BYTES + 1], n[GV_OUT_SIZE_MAX];
	size_t i;

	for (i = 0; all && i < s->n; i++) {
		gv_enc_hex(hex, s->values[i].id.bytes, GV_DIGEST_BYTES);
		gv_out_paint(out, GV_OUT_REMOVED, "drop");
		gv_out_printf(
		    out, "  value %s of scope %s\n", hex, s->values[i].scope);
	}
	gv_out_count(n, s->n, "encrypted secret");
	if (s->n)
		gv_out_say(out, "%s %s of %zu, which no snapshot has",
		    dry_run ? "would drop" : "dropped", n, s->n + s->n_kept);
	if (s->why)
		gv_out_warn(
		    out, "no encrypted secrets were deleted: %s", s->why);
}

void
gv_prune_out_sealed_json(struct gv_json *j, const struct gv_prune *p)
{
	const struct gv_prune_sealed *s = &p->sealed;
	char hex[2 * GV_DIGEST_BYTES + 1];
	size_t i;

	gv_json_object(j, "sealed");
	gv_json_uint(j, "kept", s->n_kept);
	gv_json_uint(j, "dropped", s->n);
	gv_json_string(j, "reason", s->why);
	gv_json_array(j, "secrets");
	for (i = 0; i < s->n; i++) {
		gv_enc_hex(hex, s->values[i].id.bytes, GV_DIGEST_BYTES);
		gv_json_object(j, NULL);
		gv_json_string(j, "scope", s->values[i].scope);
		gv_json_string(j, "id", hex);
		gv_json_end(j);
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
