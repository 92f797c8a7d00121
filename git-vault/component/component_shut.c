#include "component/component_shut.h"

#include <inttypes.h>

#include "base/err.h"
#include "git-vault/component/component.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"

static void
print_json(struct gv_json *j, const struct gv_component_shuts *list)
{
	size_t i;

	gv_json_array(j, "unreadable_components");
	for (i = 0; i < list->n; i++) {
		gv_json_object(j, NULL);
		gv_json_string(j, "environment", list->items[i].env);
		gv_json_string(j, "name", list->items[i].name);
		gv_json_uint(j, "dumps", list->items[i].dumps);
		gv_json_bool(j, "newest", list->items[i].is_newest);
		gv_json_end(j);
	}
	gv_json_end(j);
}

static void
print_text(struct gv_out *out, const struct gv_component_shuts *list)
{
	char n[GV_OUT_SIZE_MAX];
	size_t i;

	for (i = 0; i < list->n; i++) {
		const struct gv_component_shut *s = &list->items[i];

		gv_out_count(n, s->dumps, "dump");
		gv_out_warn(out,
		    "%s of the component %s of %s%s: still encrypted for "
		    "earlier readers only",
		    n, s->name, s->env,
		    s->is_newest ? ", the newest among them" : "");
		if (s->is_newest)
			gv_out_say(out,
			    "hint: to make a dump for today's readers: git "
			    "vault component run %s",
			    s->name);
	}
}

void
gv_component_tell_shut(struct gv_ctx *ctx, struct gv_safe *safe)
{
	struct gv_component_shuts list;
	char *before = gv_err_save();

	if (gv_component_shut(&list, ctx->repo, safe) < 0)
		gv_out_warn(ctx->out,
		    "cannot find out which dumps of components are for "
		    "earlier readers: %s",
		    gv_err_message());
	if (ctx->json)
		print_json(ctx->json, &list);
	else
		print_text(ctx->out, &list);
	gv_component_shut_release(&list);
	gv_err_restore(before);
}
