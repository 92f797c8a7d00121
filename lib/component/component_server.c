#include "component/component_server.h"

#include <stdbool.h>
#include <string.h>

#include "base/buf.h"

static bool
is_url(const char *text)
{
	return strncmp(text, "postgresql://", 13) == 0 ||
	    strncmp(text, "postgres://", 11) == 0;
}

static bool
is_connection(const char *text)
{
	return is_url(text) || strchr(text, '=');
}

static void
add_encoded(struct gv_buf *out, const char *text)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";

	for (; *text; text++)
		gv_buf_addf(out, strchr(plain, *text) ? "%c" : "%%%02X",
		    (unsigned char)*text);
}

static void
add_quoted(struct gv_buf *out, const char *text)
{
	gv_buf_addch(out, '\'');
	for (; *text; text++)
		gv_buf_addf(out, strchr("'\\", *text) ? "\\%c" : "%c", *text);
	gv_buf_addch(out, '\'');
}

/* Of two values of dbname libpq takes the last, in both forms. */
int
gv_component_server_target(
    struct gv_buf *out, const char *source, const char *target)
{
	if (!is_connection(source) || is_connection(target)) {
		gv_buf_addstr(out, target);
	} else if (is_url(source)) {
		gv_buf_addf(out, "%s%cdbname=", source,
		    strchr(source, '?') ? '&' : '?');
		add_encoded(out, target);
	} else {
		gv_buf_addf(out, "%s dbname=", source);
		add_quoted(out, target);
	}
	return gv_buf_check(out);
}

/* The short ones are those of psql (-U) and of the clients of MariaDB (-u, -P,
 * -S); -p of the latter, a password, is refused before. */
size_t
gv_component_server_option(const char *const *all, size_t n)
{
	static const char *const names[] = { "--host", "--port", "--socket",
		"--user", "--username", "--protocol" };
	size_t i, len;

	if (n == 0)
		return 0;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		len = strlen(names[i]);
		if (strncmp(all[0], names[i], len) == 0 && all[0][len] == '=')
			return 1;
		if (strcmp(all[0], names[i]) == 0)
			return n > 1 ? 2 : 1;
	}
	if (strncmp(all[0], "--ssl", 5) == 0)
		return 1;
	if (all[0][0] != '-' || all[0][1] == '\0' ||
	    strchr("hpUuPS", all[0][1]) == NULL)
		return 0;
	return all[0][2] || n == 1 ? 1 : 2;
}
