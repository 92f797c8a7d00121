#ifndef REPORT_H
#define REPORT_H
/*
 * What reports in the formats of other programs share: SARIF 2.1.0, JUnit,
 * GitLab's.
 *
 *	gv_report_uri(j, "uri", finding->path);
 *	gv_report_xml(out, finding->text);
 */

#include <stdint.h>

#include "base/time.h"

#define GV_REPORT_SARIF_SCHEMA                                                 \
	"https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/"  \
	"sarif-schema-2.1.0.json"

struct gv_buf;
struct gv_json;
struct gv_out;

/* A path as a relative reference: RFC 3986. */
void gv_report_uri(struct gv_json *j, const char *key, const char *path);

/* An object with a text of SARIF's. */
void gv_report_text(struct gv_json *j, const char *key, const char *text);

/* Text of an attribute of XML: what XML cannot hold becomes U+FFFD. */
void gv_report_xml(struct gv_out *out, const char *text);
void gv_report_add_xml(struct gv_buf *out, const char *text);

/* Times of GitLab's and JUnit's have no zone. */
void gv_report_moment(char text[GV_TIME_MAX], int64_t now);

#endif
