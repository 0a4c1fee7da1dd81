// SPDX-License-Identifier: Apache-2.0
#include "models/models.h"

#include "core/error.h"
#include "models/alexnet.h"
#include "models/convnet_cifar.h"
#include "models/lenet5.h"
#include "models/mobilenet.h"
#include "models/resnet.h"
#include "models/vgg.h"

namespace ohmweave::models {

const std::vector<ModelEntry>& model_table() {
  static const std::vector<ModelEntry> table{
      {"lenet5", "LeNet-5, 20-50-500-10, 28x28 grey images, 430,500 weights (jia_mm_2014)", lenet5},
      {"convnet_cifar",
       "ConvNet, 32-32-64-10, 32x32 colour images, 89,440 weights (wen_neurips_2016)",
       convnet_cifar},
      {"vgg8_cifar", "VGG-8 with batch norm, 32x32 colour images, 12.97 M weights (peng_iedm_2019)",
       vgg8_cifar},
      {"vgg11_cifar", "VGG-11 with batch norm, 32x32, 9.22 M weights (simonyan_iclr_2015)",
       vgg11_cifar},
      {"vgg16_cifar", "VGG-16 with batch norm, 32x32, 14.72 M weights (simonyan_iclr_2015)",
       vgg16_cifar},
      {"vgg11_imagenet", "VGG-11, 224x224, 132.9 M weights (simonyan_iclr_2015)", vgg11_imagenet},
      {"vgg16_imagenet", "VGG-16, 224x224, 138.3 M weights (simonyan_iclr_2015)", vgg16_imagenet},
      {"resnet20_cifar", "ResNet-20, 32x32, 0.27 M weights (he_cvpr_2016)", resnet20_cifar},
      {"resnet18_cifar", "ResNet-18 with a 3x3 stem, 32x32, 11.16 M weights (he_cvpr_2016)",
       resnet18_cifar},
      {"resnet50_cifar", "ResNet-50 with a 3x3 stem, 32x32, 23.47 M weights (he_cvpr_2016)",
       resnet50_cifar},
      {"resnet18_imagenet", "ResNet-18, 224x224, 11.68 M weights (he_cvpr_2016)",
       resnet18_imagenet},
      {"resnet50_imagenet", "ResNet-50, 224x224, 25.50 M weights (he_cvpr_2016)",
       resnet50_imagenet},
      {"alexnet_imagenet",
       "AlexNet in one column, 224x224, 61.09 M weights (krizhevsky_arxiv_2014)", alexnet_imagenet},
      {"alexnet_groups_imagenet",
       "AlexNet in two groups, 227x227, 60.95 M weights (krizhevsky_nips_2012)",
       alexnet_groups_imagenet},
      {"mobilenet_v1_cifar", "MobileNet, 32x32, 3.20 M weights (howard_arxiv_2017)",
       mobilenet_v1_cifar},
      {"mobilenet_v1_imagenet", "MobileNet, 224x224, 4.21 M weights (howard_arxiv_2017)",
       mobilenet_v1_imagenet},
      {"mobilenet_v2_cifar", "MobileNetV2, 32x32, 2.20 M weights (sandler_cvpr_2018)",
       mobilenet_v2_cifar},
      {"mobilenet_v2_imagenet", "MobileNetV2, 224x224, 3.47 M weights (sandler_cvpr_2018)",
       mobilenet_v2_imagenet},
  };
  return table;
}

std::vector<Word> model_words() {
  std::vector<Word> words;
  for (const ModelEntry& entry : model_table()) words.push_back({entry.name, entry.summary});
  return words;
}

Network build_model(const std::string& kind) {
  std::string names;
  std::vector<std::string> known;
  for (const ModelEntry& entry : model_table()) {
    if (entry.name == kind) return entry.build();
    names += (names.empty() ? "" : ", ") + entry.name;
    known.push_back(entry.name);
  }
  const std::string nearest = nearest_word(kind, known);
  throw ConfigError({"/model/kind = \"" + kind + "\": must be one of: " + names +
                     (nearest.empty() ? "" : "; nearest: " + nearest)});
}

}  // namespace ohmweave::models
