#include "git-vault/upkeep/fault_out.h"

#include <string.h>

#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "verify/verify.h"

void
gv_fault_out_text(struct gv_out *out, const struct gv_verify_fault *f)
{
	char hex[GV_OID_HEX + 1];

	if (f->state) {
		gv_oid_format(hex, &f->version);
		gv_out_printf(out, "state ");
		gv_out_text(out, f->state, strlen(f->state));
		gv_out_printf(out, " %.12s", hex);
	} else {
		gv_out_text(out, f->snapshot, strlen(f->snapshot));
		if (f->in_trash || f->is_save)
			gv_out_printf(out,
			    f->is_save ? " (an automatic save)"
				       : " (in the trash)");
	}
	if (f->len) {
		gv_out_printf(out, ":");
		gv_out_path(out, f->path, f->len);
	}
}

void
gv_fault_out_line(struct gv_out *out, const struct gv_verify_fault *f)
{
	char hex[GV_OID_HEX + 1];

	gv_out_paint(out, GV_OUT_REMOVED, "damaged");
	gv_out_printf(out, " ");
	gv_fault_out_text(out, f);
	gv_out_printf(out, ": ");
	gv_out_text(out, f->reason, strlen(f->reason));
	gv_oid_format(hex, &f->oid);
	if (!gv_oid_is_zero(&f->oid) && strstr(f->reason, hex) == NULL)
		gv_out_printf(out, " (object %s)", hex);
}

void
gv_fault_out_json(struct gv_json *json, const struct gv_verify_fault *f)
{
	gv_json_object(json, NULL);
	gv_json_string(json, "snapshot", *f->snapshot ? f->snapshot : NULL);
	if (f->in_trash)
		gv_json_bool(json, "in_trash", true);
	if (f->is_save)
		gv_json_bool(json, "automatic", true);
	if (f->state) {
		gv_json_string(json, "state", f->state);
		gv_json_oid(json, "version", &f->version);
	}
	gv_json_path(json, "path", f->path, f->len);
	gv_json_oid(json, "object", &f->oid);
	gv_json_string(json, "reason", f->reason);
	gv_json_end(json);
}
