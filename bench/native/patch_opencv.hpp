// OpenCV's ways of recognising a picture in another: ORB with brute force, SIFT with brute force and with FLANN, and a
// homography by RANSAC for all. Only there where CMake finds OpenCV (Debian: libopencv-dev).
#pragma once

#include <opencv2/calib3d.hpp>
#include <opencv2/core.hpp>
#include <opencv2/features2d.hpp>
#include <string>
#include <vector>

#include "patch_pictures.hpp"

namespace egide::bench {

struct CvFeatures {
  std::vector<cv::KeyPoint> keypoints;
  cv::Mat descriptors;
};

struct CvDetector {
  std::string name;
  cv::Ptr<cv::Feature2D> feature;

  CvFeatures operator()(const Picture& luma) const {
    const cv::Mat image(static_cast<int>(luma.height), static_cast<int>(luma.width), CV_8UC1,
                        const_cast<std::uint8_t*>(luma.pixels.data()));
    CvFeatures features;
    feature->detectAndCompute(image, cv::noArray(), features.keypoints, features.descriptors);
    return features;
  }
};

/// With OpenCV's defaults, but for the number of features.
inline std::vector<CvDetector> cv_detectors() {
  cv::setNumThreads(1);
  return {{"OpenCV ORB, 500 features", cv::ORB::create(500)},
          {"OpenCV ORB, 1,000 features", cv::ORB::create(1000)},
          {"OpenCV SIFT, 500 features", cv::SIFT::create(500)}};
}

struct CvMatcher {
  std::string name;
  std::size_t detector;  // of cv_detectors()
  cv::Ptr<cv::DescriptorMatcher> matcher;

  /// Inliers of the homography: of each feature the two nearest, those that pass the ratio test (Lowe 2004, section
  /// 7.1: 0.8), RANSAC with OpenCV's default of 3 pixels.
  int operator()(const CvFeatures& query, const CvFeatures& reference) const {
    std::vector<std::vector<cv::DMatch>> nearest;
    matcher->knnMatch(query.descriptors, reference.descriptors, nearest, 2);
    std::vector<cv::Point2f> from, to;
    for (const auto& two : nearest) {
      if (two.size() < 2 || two[0].distance >= 0.8f * two[1].distance) continue;
      from.push_back(query.keypoints[static_cast<std::size_t>(two[0].queryIdx)].pt);
      to.push_back(reference.keypoints[static_cast<std::size_t>(two[0].trainIdx)].pt);
    }
    if (from.size() < 4) return 0;
    cv::Mat inliers;
    return cv::findHomography(from, to, cv::RANSAC, 3, inliers).empty() ? 0 : cv::countNonZero(inliers);
  }
};

inline std::vector<CvMatcher> cv_matchers() {
  const auto brute_force = [](int norm) -> cv::Ptr<cv::DescriptorMatcher> { return cv::makePtr<cv::BFMatcher>(norm); };
  return {{"OpenCV ORB, 500 features, brute force", 0, brute_force(cv::NORM_HAMMING)},
          {"OpenCV ORB, 1,000 features, brute force", 1, brute_force(cv::NORM_HAMMING)},
          {"OpenCV SIFT, 500 features, brute force", 2, brute_force(cv::NORM_L2)},
          {"OpenCV SIFT, 500 features, FLANN", 2, cv::makePtr<cv::FlannBasedMatcher>()}};
}

}  // namespace egide::bench
