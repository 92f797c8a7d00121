#include "git-vault/look/whole_out.h"

#include "base/buf.h"
#include "git-vault/front/json.h"
#include "whole/whole.h"

void
gv_whole_out_names(struct gv_buf *out, const struct gv_whole *whole)
{
	const size_t begin = out->len;
	size_t i;

	for (i = 0; i < whole->n_envs; i++)
		if (gv_whole_has(whole, whole->envs[i]))
			gv_buf_addf(out, "%s%s", out->len > begin ? ", " : "",
			    whole->envs[i]);
}

void
gv_whole_out_broken(struct gv_buf *out, const struct gv_whole *whole, size_t i)
{
	if (gv_whole_has(whole, whole->envs[i]))
		return;
	gv_buf_addf(out, "%s (", whole->envs[i]);
	gv_whole_add_reasons(out, whole, whole->envs[i]);
	gv_buf_addch(out, ')');
}

void
gv_whole_out_json(struct gv_json *j, const struct gv_whole *whole)
{
	size_t i;

	if (whole->n_envs == 0)
		return;
	gv_json_array(j, "whole");
	for (i = 0; i < whole->n_envs; i++)
		if (gv_whole_has(whole, whole->envs[i]))
			gv_json_string(j, NULL, whole->envs[i]);
	gv_json_end(j);
	gv_json_array(j, "not_whole");
	for (i = 0; i < whole->n; i++) {
		const struct gv_whole_reason *reason = &whole->reasons[i];

		gv_json_object(j, NULL);
		gv_json_string(j, "environment", reason->env);
		gv_json_string(j, "stack", reason->stack);
		gv_json_string(j, "reason", gv_whole_whys[reason->why]);
		if (reason->why == GV_WHOLE_UNFINISHED)
			gv_json_uint(j, "resources", reason->n);
		else
			gv_json_null(j, "resources");
		gv_json_end(j);
	}
	gv_json_end(j);
}
