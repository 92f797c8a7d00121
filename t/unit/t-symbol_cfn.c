/* lib/symbol/symbol_cfn: templates and their functions. */
#include "unit.h"

#include "symbol_told.h"

static void
templates_define_names(void **state)
{
	(void)state;
	assert_symbols("stack.yaml",
	    "AWSTemplateFormatVersion: '2010-09-09'\n"
	    "Parameters:\n"
	    "  Env:\n"
	    "    Type: String\n"
	    "    Default: dev\n"
	    "    AllowedValues: [dev, prod]\n"
	    "  Pass:\n"
	    "    Type: String\n"
	    "    NoEcho: true\n"
	    "    AllowedValues: [secret]\n"
	    "Mappings:\n"
	    "  Sizes:\n"
	    "    dev: {n: 1}\n"
	    "    prod: {n: 2}\n"
	    "Conditions:\n"
	    "  IsProd: !Equals [!Ref Env, prod]\n"
	    "  Both: !And [!Condition IsProd, !Not [!Condition Other]]\n",
	    "");
}

static void
functions_refer_to_names(void **state)
{
	(void)state;
	assert_symbols("stack.yaml",
	    "Parameters:\n"
	    "  Env: {Type: String}\n"
	    "Resources:\n"
	    "  Vpc:\n"
	    "    Type: AWS::EC2::VPC\n"
	    "    Condition: IsProd\n"
	    "    Properties:\n"
	    "      Name: !Sub '${Env}-${AWS::Region}-${!Literal}'\n"
	    "      Size: !FindInMap [Sizes, !Ref Env, n]\n"
	    "      Other: !FindInMap [!Ref Env, a, b]\n"
	    "      Role: !If [IsProd, !GetAtt Role.Arn, !Ref "
	    "'AWS::NoValue']\n"
	    "  Role:\n"
	    "    Type: AWS::IAM::Role\n"
	    "    DependsOn: [Vpc, Gone]\n"
	    "    Properties:\n"
	    "      A: !GetAtt [Vpc, Cidr]\n"
	    "      B:\n"
	    "        Fn::Sub:\n"
	    "          - '${Local}/${Vpc.Cidr}'\n"
	    "          - Local: !ImportValue net-Subnet\n"
	    "      C: !ImportValue {'Fn::Sub': '${Env}-Vpc'}\n"
	    "      E: {'Fn::ImportValue': !Sub '${Env}-Tagged'}\n"
	    "      D: !ImportValue\n"
	    "        'Fn::Join': ['-', [!Ref Env, Role]]\n",
	    "2 cfn.parameter Env\n"
	    "4 cfn.resource Vpc=AWS::EC2::VPC\n"
	    "6 Vpc> cfn.condition cfn.condition:IsProd\n"
	    "8 Vpc> cfn.sub cfn.parameter:Env\n"
	    "9 Vpc> cfn.mapping cfn.mapping:Sizes=!Ref Env\n"
	    "9 Vpc> cfn.ref cfn.parameter:Env\n"
	    "10 Vpc> cfn.ref cfn.parameter:Env\n"
	    "11 Vpc> cfn.condition cfn.condition:IsProd\n"
	    "11 Vpc> cfn.getatt cfn.resource:Role=Arn\n"
	    "12 cfn.resource Role=AWS::IAM::Role\n"
	    "14 Role> cfn.depends_on cfn.resource:Vpc\n"
	    "14 Role> cfn.depends_on cfn.resource:Gone\n"
	    "16 Role> cfn.getatt cfn.resource:Vpc=Cidr\n"
	    "19 Role> cfn.sub cfn.resource:Vpc=Cidr\n"
	    "20 Role> cfn.import cfn.export:net-Subnet ...\n"
	    "21 Role> cfn.import cfn.export:*-Vpc ~ ...\n"
	    "21 Role> cfn.sub cfn.parameter:Env\n"
	    "22 Role> cfn.import cfn.export:*-Tagged ~ ...\n"
	    "22 Role> cfn.sub cfn.parameter:Env\n"
	    "23 Role> cfn.import cfn.export:*-Role ~ ...\n"
	    "24 Role> cfn.ref cfn.parameter:Env\n");
}

static void
outputs_are_exported(void **state)
{
	(void)state;
	assert_symbols("stack.yaml",
	    "Resources:\n"
	    "  Vpc: {Type: AWS::EC2::VPC}\n"
	    "Outputs:\n"
	    "  Id:\n"
	    "    Condition: IsProd\n"
	    "    Value: !Ref Vpc\n"
	    "    Export: {Name: !Sub '${AWS::StackName}-Id'}\n"
	    "  Plain:\n"
	    "    Value: !Sub |\n"
	    "      a\n"
	    "      ${Role}\n"
	    "    Export: {Name: fixed}\n",
	    "2 cfn.resource Vpc=AWS::EC2::VPC\n"
	    "4 cfn.output Id\n"
	    "7 Id> cfn.export *-Id ~\n"
	    "5 Id> cfn.condition cfn.condition:IsProd\n"
	    "6 Id> cfn.ref cfn.resource:Vpc\n"
	    "8 cfn.output Plain\n"
	    "12 Plain> cfn.export fixed\n"
	    "11 Plain> cfn.sub cfn.resource:Role\n");
}

static void
json_is_read_as_yaml_is(void **state)
{
	(void)state;
	assert_symbols("stack.json",
	    "{\"Resources\": {\"A\": {\"Type\": \"AWS::S3::Bucket\",\n"
	    "\"Properties\": {\"X\": {\"Ref\": \"B\"}, \"Y\": "
	    "{\"Fn::GetAtt\": [\"B\", \"Arn\"]},\n"
	    "\"Z\": {\"Fn::Join\": [\"\", [\"a\", {\"Ref\": \"B\"}]]},\n"
	    "\"P\": {\"Statement\": {\"Condition\": {\"Bool\": {\"Ref\": "
	    "\"x\"}}}},\n"
	    "\"W\": {\"Fn::If\": [\"C\", 1, 2]}}},\n"
	    "\"B\": {\"Type\": \"AWS::SNS::Topic\", \"DependsOn\": "
	    "\"A\"}}}\n",
	    "1 cfn.resource A=AWS::S3::Bucket\n"
	    "2 A> cfn.ref cfn.resource:B\n"
	    "2 A> cfn.getatt cfn.resource:B=Arn\n"
	    "3 A> cfn.ref cfn.resource:B\n"
	    "4 A> cfn.ref cfn.resource:x\n"
	    "5 A> cfn.condition cfn.condition:C\n"
	    "6 cfn.resource B=AWS::SNS::Topic\n"
	    "6 B> cfn.depends_on cfn.resource:A\n");
}

static void
files_are_named_until_they_are_packaged(void **state)
{
	(void)state;
	assert_symbols("parent.template",
	    "Resources:\n"
	    "  Child:\n"
	    "    Type: AWS::CloudFormation::Stack\n"
	    "    Properties:\n"
	    "      TemplateURL: ./child.yaml\n"
	    "  Remote:\n"
	    "    Type: AWS::CloudFormation::Stack\n"
	    "    Properties:\n"
	    "      TemplateURL: https://s3.amazonaws.com/b/x.yaml\n"
	    "  Made:\n"
	    "    Type: AWS::CloudFormation::Stack\n"
	    "    Properties:\n"
	    "      TemplateURL: !Sub 'https://${Bucket}.s3/x.yaml'\n"
	    "  Fn:\n"
	    "    Type: AWS::Serverless::Function\n"
	    "    Properties:\n"
	    "      CodeUri: src/\n"
	    "  Inline:\n"
	    "    Type: AWS::Lambda::Function\n"
	    "    Properties:\n"
	    "      Code: {ZipFile: x}\n",
	    "2 cfn.resource Child=AWS::CloudFormation::Stack\n"
	    "5 Child> cfn.template child.yaml\n"
	    "6 cfn.resource Remote=AWS::CloudFormation::Stack\n"
	    "9 Remote> cfn.template @https://s3.amazonaws.com/b/x.yaml\n"
	    "10 cfn.resource Made=AWS::CloudFormation::Stack\n"
	    "13 Made> cfn.sub cfn.resource:Bucket\n"
	    "13 Made> cfn.template @https://*.s3/x.yaml ~\n"
	    "14 cfn.resource Fn=AWS::Serverless::Function\n"
	    "17 Fn> cfn.template src/ ...\n"
	    "18 cfn.resource Inline=AWS::Lambda::Function\n");
}

static void
modules_are_files(void **state)
{
	(void)state;
	assert_symbols("rain.yaml",
	    "Resources:\n"
	    "  Net:\n"
	    "    Type: !Rain::Module ../net.yml\n"
	    "  A:\n"
	    "    Type: AWS::S3::Bucket\n"
	    "    Properties: {V: !Ref NetVpc}\n",
	    "2 cfn.resource Net=../net.yml\n"
	    "3 Net> cfn.template ../net.yml\n"
	    "4 cfn.resource A=AWS::S3::Bucket\n"
	    "6 A> cfn.ref cfn.resource:NetVpc ?\n");
}

static void
sam_makes_resources(void **state)
{
	(void)state;
	assert_symbols("template.yaml",
	    "Transform: AWS::Serverless-2016-10-31\n"
	    "Globals:\n"
	    "  Function: {Environment: {Variables: {T: !Ref Table}}}\n"
	    "Resources:\n"
	    "  Fn: {Type: AWS::Serverless::Function}\n"
	    "Outputs:\n"
	    "  A: {Value: !GetAtt FnRole.Arn}\n"
	    "  B: {Value: !Ref ServerlessRestApi}\n"
	    "  C: {Value: !Ref Typo}\n",
	    "5 cfn.resource Fn=AWS::Serverless::Function\n"
	    "7 cfn.output A\n"
	    "7 A> cfn.getatt cfn.resource:FnRole=Arn ?\n"
	    "8 cfn.output B\n"
	    "8 B> cfn.ref cfn.resource:ServerlessRestApi ?\n"
	    "9 cfn.output C\n"
	    "9 C> cfn.ref cfn.resource:Typo\n"
	    "3 cfn.ref cfn.resource:Table\n");
}

static void
macros_make_what_they_like(void **state)
{
	(void)state;
	assert_symbols("m.yaml",
	    "Transform: [Mine, AWS::Serverless-2016-10-31]\n"
	    "Resources:\n"
	    "  A:\n"
	    "    Type: AWS::X::Y\n"
	    "    DependsOn: Made\n"
	    "    Properties: {B: !Ref Other}\n",
	    "3 cfn.resource A=AWS::X::Y\n"
	    "5 A> cfn.depends_on cfn.resource:Made ...\n"
	    "6 A> cfn.ref cfn.resource:Other ?\n");
}

static void
what_is_no_template_is_left(void **state)
{
	(void)state;
	assert_symbols("x.yaml", "Resources: {A: {kind: x}}\n", "");
	assert_symbols("y.json", "{\"Resources\": [1]}\n", "");
}

static void
a_key_of_a_mapping_may_be_anything(void **state)
{
	(void)state;
	assert_symbols("m.yaml",
	    "AWSTemplateFormatVersion: '2010-09-09'\n"
	    "Mappings: {M: {k: {v: 1}}}\n"
	    "Resources:\n"
	    "  A:\n"
	    "    Type: AWS::X::Y\n"
	    "    Properties:\n"
	    "      A: !FindInMap [M, {}, v]\n"
	    "      B: !FindInMap [M, [], v]\n"
	    "      C: !FindInMap [M, ~, v]\n"
	    "      D: !FindInMap [M, {Ref: {}}, v]\n",
	    "2 cfn.mapping M\n"
	    "2 M> =cfn.mapping_key k\n"
	    "4 cfn.resource A=AWS::X::Y\n"
	    "7 A> cfn.mapping cfn.mapping:M\n"
	    "8 A> cfn.mapping cfn.mapping:M\n"
	    "9 A> cfn.mapping cfn.mapping:M\n"
	    "10 A> cfn.mapping cfn.mapping:M\n");
}

UNIT(symbol_cfn)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(templates_define_names),
		cmocka_unit_test(functions_refer_to_names),
		cmocka_unit_test(outputs_are_exported),
		cmocka_unit_test(json_is_read_as_yaml_is),
		cmocka_unit_test(files_are_named_until_they_are_packaged),
		cmocka_unit_test(modules_are_files),
		cmocka_unit_test(sam_makes_resources),
		cmocka_unit_test(macros_make_what_they_like),
		cmocka_unit_test(a_key_of_a_mapping_may_be_anything),
		cmocka_unit_test(what_is_no_template_is_left),
	};

	return UNIT_RUN(tests);
}
