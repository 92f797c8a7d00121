#include "git-vault/look/nested_out.h"

#include <string.h>

#include "base/buf.h"
#include "base/path.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "snapshot/nested.h"

static const char warning[] = "warning: ";

static void
print_line(struct gv_out *out, const struct gv_nested *in, const char *line,
    size_t len)
{
	const size_t n = sizeof(warning) - 1;
	bool is_warning = len > n && memcmp(line, warning, n) == 0;
	struct gv_buf path = GV_BUF_INIT;

	gv_path_quote(&path, in->path, strlen(in->path));
	if (is_warning) {
		line += n;
		len -= n;
	}
	if (is_warning || in->status)
		gv_out_warn(out, "%s: %.*s", path.p, (int)len, line);
	else
		gv_out_say(out, "%s: %.*s", path.p, (int)len, line);
	gv_buf_release(&path);
}

void
gv_nested_out_said(struct gv_out *out, const struct gv_nested *in)
{
	const char *p = in->said ? in->said : "";
	size_t n;

	for (; *p; p += n + (p[n] == '\n')) {
		n = strcspn(p, "\n");
		print_line(out, in, p, n);
	}
}

void
gv_nested_out_warn(
    struct gv_out *out, const struct gv_nested *in, const char *text)
{
	struct gv_buf path = GV_BUF_INIT;

	gv_path_quote(&path, in->path, strlen(in->path));
	gv_out_warn(out, "%s: %s", path.p, text);
	gv_buf_release(&path);
}

void
gv_nested_out_json(struct gv_json *j, const struct gv_nested *nested, size_t n)
{
	size_t i;

	gv_json_array(j, "nested");
	for (i = 0; i < n; i++) {
		const struct gv_nested *in = &nested[i];

		gv_json_object(j, NULL);
		gv_json_path(j, "path", in->path, strlen(in->path));
		gv_json_string(j, "snapshot", *in->id ? in->id : NULL);
		gv_json_oid(j, "commit", &in->commit);
		gv_json_uint(j, "exit_status", (uint64_t)in->status);
		gv_json_string(j, "message", in->said);
		gv_json_end(j);
	}
	gv_json_end(j);
}
