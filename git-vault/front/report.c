#include "git-vault/front/report.h"

#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"

void
gv_report_uri(struct gv_json *j, const char *key, const char *path)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789-._~/";
	struct gv_buf uri = GV_BUF_INIT;
	const unsigned char *p = (const unsigned char *)path;

	for (; *p; p++)
		if (strchr(plain, *p))
			gv_buf_addch(&uri, (char)*p);
		else
			gv_buf_addf(&uri, "%%%02X", *p);
	gv_json_string(j, key, uri.p);
	gv_buf_release(&uri);
}

void
gv_report_text(struct gv_json *j, const char *key, const char *text)
{
	gv_json_object(j, key);
	gv_json_string(j, "text", text);
	gv_json_end(j);
}

void
gv_report_add_xml(struct gv_buf *out, const char *text)
{
	size_t len = strlen(text), n;
	uint32_t c;

	for (; len; text += n, len -= n) {
		n = gv_utf8_next(&c, text, len);
		if (n == 0 || c < ' ' || c == 0xfffe || c == 0xffff) {
			gv_buf_addstr(out, "\xef\xbf\xbd");
			n = n ? n : 1;
		} else if (c == '&' || c == '<' || c == '>' || c == '"') {
			gv_buf_addf(out, "&#%u;", (unsigned)c);
		} else {
			gv_buf_add(out, text, n);
		}
	}
}

void
gv_report_xml(struct gv_out *out, const char *text)
{
	struct gv_buf xml = GV_BUF_INIT;

	gv_report_add_xml(&xml, text);
	gv_out_write(out, xml.len ? xml.p : "", xml.len);
	gv_buf_release(&xml);
}

void
gv_report_moment(char text[GV_TIME_MAX], int64_t now)
{
	gv_time_rfc3339(text, now);
	text[strlen(text) - 1] = '\0';
}
