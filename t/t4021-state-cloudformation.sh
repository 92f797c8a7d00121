#!/bin/sh

test_description='versions of what CloudFormation answers, and of templates'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-state.sh"

secret='canary-7d1f0c22ab94e683'
arn=arn:aws:cloudformation:eu-west-1:123456789012:stack
id=$arn/shop/5b0f2f60-0d4c-11ef-9a5b-0e5f7f5b1d01

# stacks STATUS SIZE [ID]: as describe-stacks answers
stacks () {
	cat <<-EOF
	{
	    "Stacks": [
	        {
	            "StackId": "${3:-$id}",
	            "StackName": "shop",
	            "Description": "the shop",
	            "Parameters": [
	                {
	                    "ParameterKey": "Size",
	                    "ParameterValue": "$2"
	                },
	                {
	                    "ParameterKey": "Password",
	                    "ParameterValue": "****"
	                }
	            ],
	            "CreationTime": "2024-05-01T10:00:00.000000+00:00",
	            "StackStatus": "$1",
	            "DisableRollback": false,
	            "Outputs": [
	                {
	                    "OutputKey": "Url",
	                    "OutputValue": "https://x/?token=$secret",
	                    "ExportName": "shop-url"
	                }
	            ],
	            "Tags": [],
	            "DriftInformation": {
	                "StackDriftStatus": "NOT_CHECKED"
	            }
	        }
	    ]
	}
	EOF
}

# resources KEY BUCKET: as describe-stack-resources does under this key
resources () {
	cat <<-EOF
	{
	    "$1": [
	        {
	            "StackName": "shop",
	            "StackId": "$id",
	            "LogicalResourceId": "Bucket",
	            "PhysicalResourceId": "$2",
	            "ResourceType": "AWS::S3::Bucket",
	            "Timestamp": "2024-05-01T10:00:00.000000+00:00",
	            "ResourceStatus": "CREATE_COMPLETE",
	            "DriftInformation": {
	                "StackResourceDriftStatus": "NOT_CHECKED"
	            }
	        },
	        {
	            "StackName": "shop",
	            "StackId": "$id",
	            "LogicalResourceId": "Queue",
	            "PhysicalResourceId": "https://sqs/1/shop-queue",
	            "ResourceType": "AWS::SQS::Queue",
	            "Timestamp": "2024-05-01T10:00:00.000000+00:00",
	            "ResourceStatus": "${3:-CREATE_COMPLETE}"
	        }
	    ]
	}
	EOF
}

# template SIZE [MORE]: what get-template has, with more resources
template () {
	cat <<-EOF
	{
	  "AWSTemplateFormatVersion": "2010-09-09",
	  "Description": "the shop",
	  "Parameters": {
	    "Size": { "Type": "Number", "Default": $1 },
	    "Password": {
	      "Type": "String",
	      "NoEcho": true,
	      "Default": "$secret"
	    }
	  },
	  "Conditions": { "IsLarge": { "Fn::Equals": [ { "Ref": "Size" }, 9 ] } },
	  "Resources": {
	    "Database": {
	      "Type": "AWS::RDS::DBInstance",
	      "DependsOn": "Bucket",
	      "Properties": {
	        "AllocatedStorage": { "Ref": "Size" },
	        "MasterUserPassword": { "Ref": "Password" },
	        "Tags": [ {
	          "Key": "of",
	          "Value": { "Fn::Sub": "\${AWS::StackName}/\${Queue.QueueName}" }
	        } ]
	      }
	    },
	    "Queue": {
	      "Type": "AWS::SQS::Queue",
	      "DeletionPolicy": "Retain"
	    },
	    "Bucket": {
	      "Type": "AWS::S3::Bucket"
	    }${2:+,
	    $2}
	  },
	  "Outputs": {
	    "Host": {
	      "Value": { "Fn::GetAtt": [ "Database", "Endpoint.Address" ] }
	    }
	  }
	}
	EOF
}

answer () {
	printf '{ "TemplateBody": %s,\n"StagesAvailable": ["Original"] }\n' "$1"
}

# save STACK FILE…
save () {
	stack_=$1
	shift
	git vault state save --new --env prod --stack "$stack_" "$@"
}

restored () {
	git vault state restore --env prod --stack "$1" >out && cmp "$2" out
}

show () {
	git vault state show --env prod --stack "$@"
}

diff_of () {
	test_expect_code 1 git vault state diff --env prod --stack "$1" >out &&
		cat >expect && test_cmp expect out
}

verify () {
	git vault state verify --env prod --stack "$1" >out
}

test_expect_success 'stacks are saved, and given back byte for byte' '
	git commit -q --allow-empty -m first &&
	stacks CREATE_COMPLETE 20 >stacks && one=$(save stacks stacks 2>err) &&
	test_grep "saved prod/stacks: 1 resource in" err &&
	git cat-file commit $one >commit &&
	test_grep "^Vault-Tool: cloudformation$" commit &&
	test_grep "^Vault-Lineage: $id$" commit &&
	test_grep ! "^Vault-Serial" commit && restored stacks stacks &&
	verify stacks && show stacks >out &&
	test_grep "stack.shop *11 *sensitive" out && test_grep ! $secret out &&
	nowhere $secret && show stacks --json >out &&
	test_grep "\"Parameters.Password\"" out && test_grep ! $secret out &&
	test_grep ! "CREATE_COMPLETE" out
'

test_expect_success 'what is another in a stack is told' '
	stacks UPDATE_COMPLETE 40 >stacks && save stacks stacks &&
	diff_of stacks <<-\EOF &&
	~   stack.shop
	      ~ Parameters.Size
	      ~ StackStatus
	EOF
	git vault state for-resource --env prod --stack stacks stack.shop >out &&
	test_line_count -eq 3 out &&
	git vault state blame --env prod --stack stacks stack.shop >out &&
	test_grep "Parameters.Password.*$(echo $one | cut -c1-12)\|$(echo $one |
		cut -c1-12).*Parameters.Password" out && nowhere $secret
'

test_expect_success 'another stack is refused, under its old name too' '
	stacks CREATE_COMPLETE 20 $arn/shop/00000000 >other &&
	test_expect_code 128 save stacks other 2>err &&
	test_grep "it is the state of something else" err &&
	save stacks --force --reason "made anew" other && diff_of stacks <<-\EOF
	-/+ stack.shop
	      ~ id
	      ~ Parameters.Size
	      ~ StackStatus
	EOF
'

test_expect_success 'a stack that is at work, or has failed, is unfinished' '
	for status in UPDATE_IN_PROGRESS DELETE_FAILED
	do
		stacks $status 20 >pending && save pending pending &&
		test_expect_code 1 git vault state verify --env prod \
			--stack pending >out &&
		test_grep "^unfinished: stack.shop is pending" out &&
		test_line_count -eq 1 out || return 1
	done
'

test_expect_success 'resources of a stack are told by their names in it' '
	for key in StackResources StackResourceSummaries
	do
		resources $key bucket-1 >list && save $key list &&
		resources $key bucket-2 >list && save $key list &&
		restored $key list && verify $key &&
		test_write_lines "-/+ Bucket" "      ~ id" |
		diff_of $key && show $key >out && test_grep "^Queue " out &&
		test_grep ! "shop-queue" out || return 1
	done &&
	resources StackResources bucket-2 UPDATE_FAILED >list &&
	save StackResources list &&
	test_expect_code 1 git vault state verify --env prod \
		--stack StackResources >out &&
	test_grep "^unfinished: Queue is pending" out
'

test_expect_success 'what has drifted, and what a change set would change' '
	cat >drift <<-EOF &&
	{ "StackResourceDrifts": [ { "StackId": "$id",
	  "LogicalResourceId": "Queue", "PhysicalResourceId": "https://sqs",
	  "ResourceType": "AWS::SQS::Queue",
	  "ExpectedProperties": "{\\"DelaySeconds\\":20}",
	  "ActualProperties": "{\\"DelaySeconds\\":120}",
	  "PropertyDifferences": [ { "PropertyPath": "/DelaySeconds",
	    "ExpectedValue": "20", "ActualValue": "120",
	    "DifferenceType": "NOT_EQUAL" } ],
	  "StackResourceDriftStatus": "MODIFIED",
	  "Timestamp": "2024-05-01T10:00:00Z" } ] }
	EOF
	cat >changes <<-EOF &&
	{ "ChangeSetName": "next", "StackName": "shop", "StackId": "$id",
	  "ChangeSetId": "arn:aws:cloudformation:eu-west-1:1:changeSet/next/1",
	  "Parameters": [ { "ParameterKey": "Password",
	    "ParameterValue": "****" } ], "Status": "CREATE_COMPLETE",
	  "Changes": [ { "Type": "Resource", "ResourceChange": {
	    "Action": "Modify", "LogicalResourceId": "Queue",
	    "PhysicalResourceId": "https://sqs", "Replacement": "False",
	    "ResourceType": "AWS::SQS::Queue", "Scope": [ "Properties" ],
	    "Details": [] } } ] }
	EOF
	for file in drift changes
	do
		save $file $file && restored $file $file && verify $file &&
		show $file >out && test_grep "^Queue " out &&
		test_grep "^Lineage *$id" out &&
		sed "s/20/30/; s/Modify/Remove/" $file >next &&
		save $file next && git vault state diff --env prod \
			--stack $file >out
		test_grep "~ *Queue" out || return 1
	done && show changes >out && test_grep "^Password .*sensitive" out
'

test_expect_success 'a template is told by its resources, and what they need' '
	template 20 >body && answer "$(template 20)" >template &&
	save body body && save template template && restored body body &&
	restored template template && verify body && verify template &&
	git cat-file commit refs/vault/state/prod/template >commit &&
	test_grep "^Vault-Tool-Version: 2010-09-09$" commit &&
	test_grep ! "^Vault-Lineage" commit && nowhere $secret &&
	for stack in body template
	do
		show $stack --json >$stack.json &&
		sed "s/.*\"resources\":\[//" $stack.json >$stack.list &&
		test_grep ! $secret $stack.json || return 1
	done && test_cmp body.list template.list
'

test_expect_success JQ 'these once, and no names that are of no template' '
	jq -c "[.resources[] | [.address, .sensitive, .dependencies]]" body.json \
		>out && cat >expect <<-\EOF && test_cmp expect out
	[["Size",false,[]],["Password",true,[]],["Database",false,["Bucket","Password","Queue","Size"]],["Queue",false,[]],["Bucket",false,[]],["output.Host",false,["Database"]]]
	EOF
'

test_expect_success 'what is another in a template is told' '
	template 40 "\"More\": { \"Type\": \"Custom::More\" }" |
		sed "s/\"Retain\"/\"Delete\"/; s/StackName/Region/" >body &&
	save body body && diff_of body <<-\EOF
	~   Database
	      ~ Properties.Tags
	+   More
	~   Queue
	      ~ DeletionPolicy
	~   Size
	      ~ Default
	EOF
'

test_expect_success 'resources that need each other are found, none is missed' '
	template 20 "\"A\": { \"Type\": \"a::b\", \"DependsOn\": [ \"B\" ] },
		\"B\": { \"Type\": \"a::b\", \"P\": { \"Ref\": \"A\" } },
		\"B\": { \"Type\": \"a::b\", \"P\": { \"Ref\": \"MadeRole\" } }" \
		>odd && save odd odd &&
	test_expect_code 1 git vault state verify --env prod --stack odd >out &&
	cat >expect <<-\EOF && test_cmp expect out
	duplicate: B is in it twice
	circular: A needs B, which needs A
	EOF
'

test_expect_success 'one that is a text is kept as it is, and looked into' '
	answer "\"Resources:\\n  A:\\n    Type: AWS::S3::Bucket\\n\"" >text &&
	save text text 2>err && test_grep "1 resource in" err &&
	restored text text && verify text &&
	git cat-file commit refs/vault/state/prod/text >commit &&
	test_grep "^Vault-Tool: cloudformation$" commit
'

test_expect_success 'what is like it is of no tool' '
	echo "{ \"Stacks\": [ { \"StackId\": \"1\", \"Name\": \"a\" } ] }" >like &&
	save like like && git cat-file commit refs/vault/state/prod/like >commit &&
	test_grep "^Vault-Tool: opaque$" commit && restored like like
'

test_expect_success JQ 'with sorted keys it is the same' '
	jq -S . template >sorted && save sorted sorted && verify sorted &&
	show sorted --json >out && jq -S ".resources | map(.attributes |= sort) |
		sort_by(.address)" out >actual &&
	jq -S ".resources | map(.attributes |= sort) | sort_by(.address)" \
		template.json >expect && test_cmp expect actual
'

# yaml PASSWORD [TYPE]: the short forms of what refers to others
yaml () {
	cat <<-EOT
	AWSTemplateFormatVersion: "2010-09-09"
	Parameters:
	  Password:
	    Type: String
	    NoEcho: true
	    Default: $1
	Resources:
	  Bucket:
	    Type: ${2:-AWS::S3::Bucket}
	    Properties:
	      BucketName: !Sub "\${AWS::StackName}-\${Settings}"
	  Settings:
	    Type: AWS::SSM::Parameter
	    Properties:
	      Value: !GetAtt Database.Endpoint.Address
	      Name: !Join ["", [!Ref Password, !GetAtt [Topic, Arn]]]
	      Description: !Sub ["\${Own} \${Queue}", {Own: !Ref "Key"}]
	  Database:
	    Type: AWS::RDS::DBInstance
	    Properties:
	      MasterUserPassword: !Ref Password
	      Text: !Sub |
	        hello \${Bucket.Arn}
	  Topic: {Type: "AWS::SNS::Topic"}
	  Queue: {Type: "AWS::SQS::Queue"}
	  Key: {Type: "AWS::KMS::Key"}
	Outputs:
	  Url:
	    Value: !GetAtt Database.Endpoint.Address
	EOT
}

test_expect_success 'a template in YAML, with short forms' '
	yaml $secret >template.yaml && save yaml template.yaml 2>err &&
	show yaml --json >out && nowhere $secret &&
	jq -r ".resources[] | .address + \": \" + (.dependencies | join(\" \"))" \
		out >needs &&
	cat >expect <<-\EOT &&
	Password: 
	Bucket: Settings
	Settings: Database Key Password Queue Topic
	Database: Bucket Password
	Topic: 
	Queue: 
	Key: 
	output.Url: Database
	EOT
	test_cmp expect needs &&
	test "$(jq -r ".resources[] | select(.sensitive) | .address" out)" = Password &&
	test_expect_code 1 git vault state verify --env prod --stack yaml >out &&
	test_grep "^circular: Bucket needs Settings" out && restored yaml template.yaml &&
	yaml other AWS::S3::AccessPoint >two.yaml && save yaml two.yaml &&
	test_expect_code 1 git vault state diff --env prod --stack yaml >out &&
	test_grep "Bucket" out && test_grep "Default" out && nowhere $secret
'

# text_of FILE: it as a text in what get-template answers
text_of () {
	printf '{\n    "TemplateBody": "%s",\n    "StagesAvailable": [\n%s' \
		"$(sed 's/\\/\\\\/g; s/"/\\"/g; s/$/\\n/' "$1" | tr -d '\n')" \
		'        "Original"
    ]
}
'
}

test_expect_success 'the same as a text in an answer' '
	yaml $secret >template.yaml && text_of template.yaml >answer &&
	jq -r .TemplateBody answer >back && printf "\n" >>template.yaml &&
	test_cmp template.yaml back && save text answer 2>err &&
	test_grep "saved prod/text: 8 resources" err && restored text answer &&
	nowhere $secret && show text --json >out && test_grep ! $secret out &&
	jq -r ".resources[] | .address + \": \" + (.dependencies | join(\" \"))" \
		out >needs && test_cmp expect needs &&
	test "$(jq -r ".resources[] | select(.sensitive) | .address" out)" = Password &&
	test_expect_code 1 git vault state verify --env prod --stack text >out &&
	test_grep "^circular: Bucket needs Settings" out
'

test_expect_success 'what is another in it is told, and nothing else' '
	yaml other AWS::S3::AccessPoint >two.yaml && text_of two.yaml >two &&
	save text two && diff_of text <<-\EOF &&
	~   Bucket
	      ~ Type
	~   Password
	      ~ Default
	EOF
	test_expect_code 1 git vault state diff -p --env prod --stack text \
		>out && test_grep "AWS::S3::AccessPoint" out &&
	restored text two && nowhere $secret
'

test_expect_success 'a text that cannot be read is kept, and that is said' '
	printf "%s\n" "Resources:" "  A: &a" "    Type: X::Y" "  B: *a" >bomb &&
	text_of bomb >answer && save bomb answer 2>err &&
	test_grep "warning: its template is a text that cannot be read to its end: line" \
		err && restored bomb answer &&
	git vault state verify --env prod --stack bomb
'

# one KEY STATUS MEMORY: a resource alone
one () {
	cat <<-EOT
	{
	    "$1": {
	        "StackId": "$id",
	        "LogicalResourceId": "Worker",
	        "PhysicalResourceId": "shop-worker-1",
	        "ResourceType": "AWS::Lambda::Function",
	        "ActualProperties": "{\"MemorySize\":$3,\"Key\":\"$secret\"}",
	        "$2"
	    }
	}
	EOT
}

test_expect_success 'a resource alone, and what drifted of it' '
	one StackResourceDrift "StackResourceDriftStatus\": \"MODIFIED" 256 >drift.json &&
	save drift drift.json && restored drift drift.json && show drift --json >out &&
	test "$(jq -r ".resources[] | .address + \" \" + .type" out)" = "Worker AWS::Lambda::Function" &&
	one StackResourceDrift "StackResourceDriftStatus\": \"MODIFIED" 512 >two.json &&
	save drift two.json &&
	test_expect_code 1 git vault state diff --env prod --stack drift >out &&
	test_write_lines "~   Worker" "      ~ ActualProperties" >expect &&
	test_cmp expect out &&
	one StackResourceDetail "ResourceStatus\": \"UPDATE_COMPLETE" 256 >detail.json &&
	save detail detail.json && show detail >out && test_grep "^Worker " out &&
	nowhere $secret
'

test_expect_success 'whether a stack has drifted, and the list of its change sets' '
	cat >detection.json <<-EOT &&
	{ "StackId": "$id", "StackDriftDetectionId": "1a229160",
	  "StackDriftStatus": "DRIFTED", "DetectionStatus": "DETECTION_COMPLETE",
	  "DriftedStackResourceCount": 1 }
	EOT
	save detection detection.json &&
	git vault state list --env prod --stack detection --json >out &&
	test_grep "\"tool\": *\"cloudformation\"" out && test_grep "$id" out &&
	cat >sets.json <<-EOT &&
	{ "Summaries": [ { "StackId": "$id", "StackName": "shop",
	    "ChangeSetId": "arn:aws:cloudformation:eu-west-1:123456789012:changeSet/grow/1",
	    "ChangeSetName": "grow", "ExecutionStatus": "AVAILABLE",
	    "Status": "CREATE_COMPLETE" } ] }
	EOT
	save sets sets.json && show sets >out && test_grep "^changeset.grow " out &&
	sed "s/AVAILABLE/EXECUTE_COMPLETE/" sets.json >two.json && save sets two.json &&
	test_expect_code 1 git vault state diff --env prod --stack sets >out &&
	test_write_lines "~   changeset.grow" "      ~ ExecutionStatus" >expect &&
	test_cmp expect out
'

test_expect_success 'whatever is spoilt in them is kept as it is' '
	n=0 && while test $n -lt 25
	do
		n=$((n + 1)) && for file in stacks list template changes
		do
			spoil $file $n >spoilt && save spoilt --force \
				--reason spoilt spoilt 2>err || return 1
		done && test $((n % 5)) != 0 || restored spoilt spoilt ||
			return 1
	done && nowhere $secret
'

test_done
